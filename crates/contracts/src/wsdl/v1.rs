//! WSDL 1.1: services, ports, bindings, port types, messages and their parts.

use super::{Files, Found, WSDL1, parameter, soap};
use crate::openapi::path_of;
use crate::refs::Loader;
use crate::xml::Element;
use apicensus_catalog::{ContractOperation, DeclaredParameter, Location};

/// The namespaces of bindings to SOAP 1.1 and 1.2.
const SOAP: [&str; 2] = ["http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/"];
/// The namespace of bindings to HTTP.
const HTTP: &str = "http://schemas.xmlsoap.org/wsdl/http/";

/// The operations of all services, else of all bindings, else of all port types.
pub fn operations(files: &Files, loader: &mut Loader<'_>, found: &mut Found) {
    for (file, _, service) in files.all("service") {
        let name = service.attribute("name").unwrap_or_default();
        found.title.get_or_insert_with(|| name.to_owned());
        for port in service.all(WSDL1, "port") {
            let address = port.children.iter().find(|c| c.name == "address").and_then(|a| a.attribute("location")).unwrap_or_default();
            if let Some((file, binding)) = files.named("binding", port, "binding", file, loader) {
                Port { files, file, address, service: name }.operations(binding, loader, found);
            }
        }
    }
    if files.all("service").next().is_some() {
        return;
    }
    for (file, _, binding) in files.all("binding") {
        Port { files, file, address: "", service: "" }.operations(binding, loader, found);
    }
    if files.all("binding").next().is_some() {
        return;
    }
    for (file, _, kind) in files.all("portType") {
        for operation in kind.all(WSDL1, "operation") {
            let port = Port { files, file, address: "", service: "" };
            let parameters = port.parameters(file, operation, None, loader);
            let at = Location { file: file.to_owned(), line: operation.line };
            found.push(soap("", "", operation.attribute("name").unwrap_or_default(), at, parameters));
        }
    }
}

/// A port, or a binding that no port uses.
struct Port<'f> {
    files: &'f Files,
    /// The file of the binding.
    file: &'f str,
    address: &'f str,
    service: &'f str,
}

impl Port<'_> {
    fn operations(&self, binding: &Element, loader: &mut Loader<'_>, found: &mut Found) {
        let is_soap = binding.children.iter().any(|c| c.name == "binding" && SOAP.contains(&c.namespace.as_str()));
        let verb = binding.first(HTTP, "binding").and_then(|c| c.attribute("verb"));
        if !is_soap && verb.is_none() {
            loader.trouble(self.file, binding.line, "this binding is neither to SOAP nor to HTTP; its operations are left out");
            return;
        }
        let Some((file, kind)) = self.files.named("portType", binding, "type", self.file, loader) else { return };
        for bound in binding.all(WSDL1, "operation") {
            let name = bound.attribute("name").unwrap_or_default();
            let Some(operation) = kind.all(WSDL1, "operation").find(|o| o.attribute("name") == Some(name)) else {
                loader.trouble(self.file, bound.line, format!("the port type has no operation `{name}`"));
                continue;
            };
            let at = Location { file: file.to_owned(), line: operation.line };
            let parameters = self.parameters(file, operation, Some(bound), loader);
            found.push(match verb {
                Some(verb) => self.http(verb, bound, name, at, parameters),
                None => soap(self.address, self.service, name, at, parameters),
            });
        }
    }

    fn http(&self, verb: &str, bound: &Element, name: &str, at: Location, mut parameters: Vec<DeclaredParameter>) -> ContractOperation {
        let location = bound.first(HTTP, "operation").and_then(|o| o.attribute("location")).unwrap_or_default();
        let has = |what: &str| bound.first(WSDL1, "input").is_some_and(|input| input.first(HTTP, what).is_some());
        let location = location.split('?').next().unwrap_or_default();
        let mut path = format!("{}/{}", path_of(self.address), location.trim_start_matches('/'));
        for parameter in &mut parameters {
            let mark = format!("({})", parameter.name);
            parameter.location = match () {
                // Parts stand in round brackets where they replace a piece of the path.
                () if has("urlReplacement") && path.contains(&mark) => {
                    path = path.replace(&mark, &format!("{{{}}}", parameter.name));
                    parameter.required = true;
                    "path"
                }
                () if has("urlEncoded") || verb.eq_ignore_ascii_case("GET") => "query",
                () => "form",
            }
            .to_owned();
        }
        let operation_id = if self.service.is_empty() { name.to_owned() } else { format!("{}.{name}", self.service) };
        ContractOperation { method: verb.to_ascii_uppercase(), path, operation_id, at, parameters, ..ContractOperation::default() }
    }

    /// The parts of the input, and those that the binding puts into headers. A part that is an element stands for the elements
    /// in it.
    fn parameters(&self, file: &str, operation: &Element, bound: Option<&Element>, loader: &mut Loader<'_>) -> Vec<DeclaredParameter> {
        let mut found = Vec::new();
        let Some(input) = operation.first(WSDL1, "input") else { return found };
        let headers: Vec<&Element> = bound
            .and_then(|b| b.first(WSDL1, "input"))
            .map(|i| i.children.iter().filter(|c| c.name == "header" && SOAP.contains(&c.namespace.as_str())).collect())
            .unwrap_or_default();
        let Some((_, message)) = self.files.named("message", input, "message", file, loader) else { return found };
        let is_header = |part: &str| headers.iter().any(|h| h.attribute("part") == Some(part));
        for part in message.all(WSDL1, "part") {
            let name = part.attribute("name").unwrap_or_default();
            if is_header(name) {
                found.push(parameter("header", name, true));
                continue;
            }
            let fields = part.attribute("element").and_then(|written| self.files.schemas.fields(&part.qualified(written)));
            match fields {
                Some(fields) => found.extend(fields.into_iter().map(|(name, required)| parameter("body", &name, required))),
                None => found.push(parameter("body", name, true)),
            }
        }
        found
    }
}
