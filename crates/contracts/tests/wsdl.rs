//! WSDL: bindings, imports, parts; and what is refused.

mod common;

use common::{found, inputs, lines, only, troubles};

const HEAD: &str = r#"<?xml version="1.0"?>
<definitions name="Stock" targetNamespace="urn:stock" xmlns:tns="urn:stock" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
 xmlns:http="http://schemas.xmlsoap.org/wsdl/http/" xmlns="http://schemas.xmlsoap.org/wsdl/">
"#;

fn stock() -> String {
    format!(
        r#"{HEAD}<types><xsd:schema targetNamespace="urn:stock" elementFormDefault="qualified">
  <xsd:include schemaLocation="base.xsd"/>
  <xsd:element name="GetPrice"><xsd:complexType><xsd:complexContent><xsd:extension base="tns:Base"><xsd:sequence>
    <xsd:element name="symbol" type="xsd:string"/><xsd:element name="currency" type="xsd:string" minOccurs="0"/>
    <xsd:choice><xsd:element name="day"/><xsd:element name="hour"/></xsd:choice>
  </xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType></xsd:element>
</xsd:schema></types>
<message name="GetPriceIn"><part name="parameters" element="tns:GetPrice"/></message>
<message name="DropIn"><part name="symbol" type="xsd:string"/><part name="token" type="xsd:string"/></message>
<portType name="StockPort">
  <operation name="GetPrice"><input message="tns:GetPriceIn"/></operation>
  <operation name="Drop"><input message="tns:DropIn"/></operation>
</portType>
<binding name="Soap11" type="tns:StockPort"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
  <operation name="GetPrice"><soap:operation soapAction="urn:GetPrice"/><input><soap:body use="literal"/></input></operation>
  <operation name="Drop"><soap:operation soapAction=""/>
    <input><soap:header message="tns:DropIn" part="token" use="literal"/><soap:body parts="symbol" use="literal"/></input></operation>
</binding>
<binding name="Soap12" type="tns:StockPort"><soap12:binding transport="http://schemas.xmlsoap.org/soap/http"/>
  <operation name="GetPrice"><soap12:operation soapAction="urn:GetPrice"/></operation>
</binding>
<binding name="Get" type="tns:StockPort"><http:binding verb="GET"/>
  <operation name="Drop"><http:operation location="/drop/(symbol)/now"/><input><http:urlReplacement/></input></operation>
</binding>
<service name="StockService">
  <port name="A" binding="tns:Soap11"><soap:address location="https://stock.test/services/Stock?v=1"/></port>
  <port name="B" binding="tns:Soap12"><soap12:address location="https://stock.test/services/Stock"/></port>
  <port name="C" binding="tns:Get"><http:address location="https://stock.test/rest"/></port>
</service></definitions>"#
    )
}

const BASE: &str =
    "<schema xmlns='http://www.w3.org/2001/XMLSchema'><complexType name='Base'><all><element name='client'/></all></complexType></schema>";

#[test]
fn operations_of_wsdl_1_are_those_that_services_bind() {
    let text = stock();
    let contract = only(&[("stock.wsdl", &text), ("base.xsd", BASE)]);
    let expected = [
        "SOAP /services/Stock#GetPrice stock.wsdl:15",
        "SOAP /services/Stock#Drop stock.wsdl:16",
        "GET /rest/drop/{symbol}/now stock.wsdl:16",
    ];
    assert_eq!(lines(&contract), expected);
    let expected = [
        "SOAP /services/Stock#GetPrice body client*, body symbol*, body currency, body day, body hour",
        "SOAP /services/Stock#Drop body symbol*, header token*",
        "GET /rest/drop/{symbol}/now path symbol*, query token*",
    ];
    assert_eq!(inputs(&contract), expected);
    assert_eq!((contract.title.as_str(), contract.format_version.as_str()), ("StockService", "1.1"));
    assert_eq!(contract.operations[0].operation_id, "StockService.GetPrice");
}

#[test]
fn imported_documents_are_parts() {
    let service = format!(
        "{HEAD}<import namespace='urn:types' location='parts/types.wsdl'/>\n<import namespace='urn:far' location='http://far.test/a.wsdl'/>\n<import namespace='urn:gone' location='gone.wsdl'/>\n<binding name='B' type='t:P' xmlns:t='urn:types'><soap:binding/><operation name='Ping'/><operation name='Pong'/></binding>\n<service name='S'><port name='P' binding='tns:B'><soap:address location='http://x.test/s'/></port><port name='Q' binding='tns:None'/></service></definitions>"
    );
    let types = "<wsdl:definitions targetNamespace='urn:types' xmlns:wsdl='http://schemas.xmlsoap.org/wsdl/'>\n<wsdl:import location='../s.wsdl' namespace='urn:stock'/>\n<wsdl:portType name='P'>\n<wsdl:operation name='Ping'/></wsdl:portType></wsdl:definitions>";
    let found = found(&[("s.wsdl", &service), ("parts/types.wsdl", types)]);
    let all: Vec<Vec<String>> = found.contracts.iter().map(lines).collect();
    assert_eq!(all.concat(), ["SOAP /s#Ping parts/types.wsdl:4"], "the circle ends, and each file is read once");
    let expected = [
        "s.wsdl:6 `http://far.test/a.wsdl` is on another machine; it was not fetched",
        "s.wsdl:7 `gone.wsdl` names a file that is not there or can't be read",
        "s.wsdl:8 the port type has no operation `Pong`",
        "s.wsdl:9 there is no binding `tns:None`",
    ];
    let said = troubles(&found);
    for line in expected {
        assert!(said.iter().any(|s| s == line), "{line} is not in {said:?}");
    }
}

#[test]
fn without_a_service_bindings_or_port_types_promise() {
    let kind = "<portType name='P'><operation name='Ping'/></portType>";
    let binding = "<binding name='B' type='tns:P'><soap:binding/><operation name='Ping'/></binding>";
    let odd = "<binding name='B' type='tns:P'><operation name='Ping'/></binding>";
    assert_eq!(lines(&only(&[("a.wsdl", &format!("{HEAD}{kind}</definitions>"))])), ["SOAP #Ping a.wsdl:5"]);
    assert_eq!(lines(&only(&[("a.xml", &format!("{HEAD}{kind}{binding}</definitions>"))])), ["SOAP #Ping a.xml:5"]);
    let said = troubles(&found(&[("a.wsdl", &format!("{HEAD}{kind}\n{odd}</definitions>"))]));
    assert_eq!(said, ["a.wsdl:6 this binding is neither to SOAP nor to HTTP; its operations are left out"]);
}

#[test]
fn operations_of_wsdl_2_are_those_of_interfaces() {
    let text = r#"<description xmlns="http://www.w3.org/ns/wsdl" targetNamespace="urn:hotel" xmlns:t="urn:hotel" xmlns:wsoap="http://www.w3.org/ns/wsdl/soap"
 xmlns:whttp="http://www.w3.org/ns/wsdl/http" xmlns:wsdlx="http://www.w3.org/ns/wsdl-extensions" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<types><xs:schema targetNamespace="urn:hotel"><xs:element name="check" type="t:check"/>
  <xs:complexType name="check"><xs:sequence><xs:element name="room"/><xs:element name="day" minOccurs="0"/></xs:sequence></xs:complexType></xs:schema></types>
<interface name="Base"><operation name="Ping" pattern="http://www.w3.org/ns/wsdl/in-only"/></interface>
<interface name="Rooms" extends="t:Base">
  <operation name="Check" pattern="http://www.w3.org/ns/wsdl/in-out" wsdlx:safe="true"><input messageLabel="In" element="t:check"/></operation>
</interface>
<binding name="S" interface="t:Rooms" type="http://www.w3.org/ns/wsdl/soap" wsoap:protocol="http://www.w3.org/2003/05/soap/bindings/HTTP/"/>
<binding name="H" interface="t:Rooms" type="http://www.w3.org/ns/wsdl/http">
  <operation ref="t:Check" whttp:location="rooms/{room}"/><operation ref="t:Ping" whttp:location="ping" whttp:method="PUT"/></binding>
<service name="Hotel" interface="t:Rooms"><endpoint name="a" binding="t:S" address="http://x.test/soap"/>
  <endpoint name="b" binding="t:H" address="http://x.test/rest/"/></service></description>"#;
    let contract = only(&[("hotel.wsdl", text)]);
    let expected = [
        "SOAP /soap#Check hotel.wsdl:7",
        "SOAP /soap#Ping hotel.wsdl:5",
        "GET /rest/rooms/{room} hotel.wsdl:7",
        "PUT /rest/ping hotel.wsdl:5",
    ];
    assert_eq!(lines(&contract), expected);
    assert_eq!(inputs(&contract)[2], "GET /rest/rooms/{room} path room*, query day");
    assert_eq!(contract.format_version, "2.0");
}

#[test]
fn entities_and_broken_documents_are_troubles() {
    let mut bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE definitions [\n <!ENTITY a0 \"ha\">\n".to_owned();
    for n in 1..40 {
        bomb.push_str(&format!(" <!ENTITY a{n} \"{}\">\n", format!("&a{};", n - 1).repeat(10)));
    }
    bomb.push_str("]>\n<definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\">&a39;</definitions>");
    let external = "<!DOCTYPE d SYSTEM \"file:///etc/passwd\">\n<d xmlns='http://schemas.xmlsoap.org/wsdl/'/>";
    let cut = stock();
    let cut = &cut[..cut.len() / 2];
    let deep = format!("<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'>\n{}", "<types>".repeat(100_000));
    let closed = format!("{deep}{}</definitions>", "</types>".repeat(100_000));
    let files =
        [("bomb.wsdl", bomb.as_str()), ("closed.wsdl", &closed), ("cut.wsdl", cut), ("deep.wsdl", &deep), ("external.xml", external)];
    let found = found(&files);
    assert!(found.contracts.is_empty());
    let said = troubles(&found);
    let expected = [
        "bomb.wsdl:2 it has a document type",
        "closed.wsdl:2 ",
        "cut.wsdl:16 it ends",
        "deep.wsdl:2 ",
        "external.xml:1 it has a document type",
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for (said, start) in said.iter().zip(expected) {
        assert!(said.starts_with(start), "{said}");
    }
}

#[test]
fn other_xml_is_none() {
    let spring = "<beans xmlns='http://www.springframework.org/schema/beans' xmlns:wsdl='http://schemas.xmlsoap.org/wsdl/'><bean id='definitions'/></beans>";
    let bpmn = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>";
    let found = found(&[("beans.xml", spring), ("flow.wsdl", bpmn), ("pom.xml", "<project/>"), ("x.wsdl", "no xml")]);
    assert_eq!((found.contracts, found.troubles), (Vec::new(), Vec::new()));
}
