//! WSDL 2.0: services, endpoints, bindings and interfaces. The defaults of bindings to HTTP are those of
//! https://www.w3.org/TR/wsdl20-adjuncts/, section 6.

use super::{Files, Found, Name, WSDL2, parameter, soap};
use crate::openapi::path_of;
use crate::refs::Loader;
use crate::xml::Element;
use apicensus_catalog::{ContractOperation, DeclaredParameter, Location};
use std::collections::HashSet;

const SOAP: &str = "http://www.w3.org/ns/wsdl/soap";
const HTTP: &str = "http://www.w3.org/ns/wsdl/http";
const EXTENSIONS: &str = "http://www.w3.org/ns/wsdl-extensions";

/// The operations of all services, else of all interfaces.
pub fn operations(files: &Files, loader: &mut Loader<'_>, found: &mut Found) {
    for (file, _, service) in files.all("service") {
        let name = service.attribute("name").unwrap_or_default();
        found.title.get_or_insert_with(|| name.to_owned());
        let Some(written) = service.attribute("interface") else {
            loader.trouble(file, service.line, "the service names no interface");
            continue;
        };
        let operations = inherited(files, &service.qualified(written), file, service.line, loader);
        for endpoint in service.all(WSDL2, "endpoint") {
            let Some((file, binding)) = files.named("binding", endpoint, "binding", file, loader) else { continue };
            let address = endpoint.attribute("address").unwrap_or_default();
            let endpoint = Endpoint { files, address, service: name, binding };
            match binding.attribute("type") {
                Some(SOAP) => operations.iter().for_each(|o| found.push(endpoint.soap(o))),
                Some(HTTP) => operations.iter().for_each(|o| found.push(endpoint.http(o))),
                _ => loader.trouble(file, binding.line, "this binding is neither to SOAP nor to HTTP; its operations are left out"),
            }
        }
    }
    if files.all("service").next().is_some() {
        return;
    }
    for (file, target, interface) in files.all("interface") {
        let name = (target.to_owned(), interface.attribute("name").unwrap_or_default().to_owned());
        for operation in inherited(files, &name, file, interface.line, loader) {
            found.push(soap("", "", operation.name(), operation.at(), operation.parameters(files)));
        }
    }
}

/// An operation of an interface and the file it stands in.
struct Operation<'f> {
    file: &'f str,
    target: &'f str,
    element: &'f Element,
}

impl Operation<'_> {
    fn name(&self) -> &str {
        self.element.attribute("name").unwrap_or_default()
    }

    fn at(&self) -> Location {
        Location { file: self.file.to_owned(), line: self.element.line }
    }

    /// The elements in the element of its input.
    fn parameters(&self, files: &Files) -> Vec<DeclaredParameter> {
        let Some(input) = self.element.first(WSDL2, "input") else { return Vec::new() };
        let Some(written) = input.attribute("element").filter(|w| !w.starts_with('#')) else { return Vec::new() };
        match files.schemas.fields(&input.qualified(written)) {
            Some(fields) => fields.into_iter().map(|(name, required)| parameter("body", &name, required)).collect(),
            None => vec![parameter("body", written.rsplit(':').next().unwrap_or(written), true)],
        }
    }
}

/// The operations of an interface and of those it extends.
fn inherited<'f>(files: &'f Files, name: &Name, file: &str, line: u32, loader: &mut Loader<'_>) -> Vec<Operation<'f>> {
    let mut operations = Vec::new();
    let mut queue = vec![name.clone()];
    let mut seen = HashSet::new();
    while let Some(name) = queue.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let is_it = |(_, target, e): &(&str, &str, &Element)| *target == name.0 && e.attribute("name") == Some(&name.1);
        let Some((own, target, interface)) = files.all("interface").find(is_it) else {
            loader.trouble(file, line, format!("there is no interface `{}`", name.1));
            continue;
        };
        operations.extend(interface.all(WSDL2, "operation").map(|element| Operation { file: own, target, element }));
        queue.extend(interface.attribute("extends").unwrap_or_default().split_whitespace().map(|n| interface.qualified(n)));
    }
    operations
}

struct Endpoint<'f> {
    files: &'f Files,
    address: &'f str,
    service: &'f str,
    binding: &'f Element,
}

impl Endpoint<'_> {
    fn soap(&self, operation: &Operation<'_>) -> ContractOperation {
        soap(self.address, self.service, operation.name(), operation.at(), operation.parameters(self.files))
    }

    fn http(&self, operation: &Operation<'_>) -> ContractOperation {
        let name = (operation.target.to_owned(), operation.name().to_owned());
        let is_it = |bound: &&Element| bound.attribute("ref").is_some_and(|r| bound.qualified(r) == name || r == name.1);
        let bound = self.binding.all(WSDL2, "operation").find(is_it);
        let own = |attribute: &str| bound.and_then(|b| b.attribute_in(HTTP, attribute));
        let is_safe = operation.element.attribute_in(EXTENSIONS, "safe") == Some("true");
        let method = own("method").or(self.binding.attribute_in(HTTP, "methodDefault")).unwrap_or(if is_safe { "GET" } else { "POST" });
        let location = own("location").unwrap_or_default();
        let mut parameters = operation.parameters(self.files);
        let (location, query) = location.split_once('?').unwrap_or((location, ""));
        for parameter in &mut parameters {
            let mark = format!("{{{}}}", parameter.name);
            let place = match () {
                () if location.contains(&mark) => "path",
                () if query.contains(&mark) || matches!(method, "GET" | "DELETE") => "query",
                () => "body",
            };
            parameter.required |= place == "path";
            parameter.location = place.to_owned();
        }
        let base = path_of(self.address);
        let path = if location.is_empty() { base } else { format!("{base}/{}", location.trim_start_matches('/')) };
        ContractOperation {
            method: method.to_ascii_uppercase(),
            path: if path.is_empty() { "/".to_owned() } else { path },
            operation_id: format!("{}.{}", self.service, operation.name()),
            at: operation.at(),
            parameters,
            ..ContractOperation::default()
        }
    }
}
