//! Items of Burp Suite as XML, the form that its "Save items" writes and extensions and scanners read
//! (<https://portswigger.net/burp/documentation/desktop/tools/proxy/http-history>): each with its request in Base64 and no answer.

use crate::operation::{Operation, operations};
use crate::request::Base;
use crate::{Exported, Exporter, Input, escape};
use base64::Engine;

pub struct Burp;

impl Exporter for Burp {
    fn name(&self) -> &'static str {
        "burp"
    }
    fn about(&self) -> &'static str {
        "Burp Suite items (XML)"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input);
        let mut text = String::from("<?xml version=\"1.0\"?>\n<items burpVersion=\"\" exportTime=\"\">\n");
        operations.iter().for_each(|o| text.push_str(&item(o, input)));
        text.push_str("</items>\n");
        Exported::text(text, left_out)
    }
}

fn item(operation: &Operation<'_>, input: &Input<'_>) -> String {
    let base = Base::of(input.host(&operation.endpoint.service));
    let target = format!("{}{}", base.path, operation.target());
    let path = target.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let extension = last.rsplit_once('.').map_or("null", |(_, extension)| extension);
    let request = operation.raw(&base, &format!("${{{}}}", input.options.token()));
    let encoded = base64::engine::general_purpose::STANDARD.encode(request);
    let fields = [
        ("time", String::new()),
        ("url", format!("{}://{}{target}", base.scheme, base.authority())),
        ("host", base.host.clone()),
        ("port", base.port.to_string()),
        ("protocol", base.scheme.to_owned()),
        ("method", operation.method.clone()),
        ("path", target.clone()),
        ("extension", extension.to_owned()),
    ];
    let mut out = String::from("  <item>\n");
    for (name, value) in fields {
        let mark = if name == "host" { " ip=\"\"" } else { "" };
        out.push_str(&format!("    <{name}{mark}>{}</{name}>\n", escape::xml(&value)));
    }
    out.push_str(&format!("    <request base64=\"true\">{encoded}</request>\n"));
    out.push_str("    <status></status>\n    <responselength></responselength>\n    <mimetype></mimetype>\n");
    out.push_str("    <response base64=\"true\"></response>\n");
    let mark = if operation.is_destructive { "may destroy data: " } else { "" };
    out.push_str(&format!("    <comment>{}</comment>\n  </item>\n", escape::xml(&format!("{mark}{}", operation.title()))));
    out
}
