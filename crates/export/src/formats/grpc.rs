//! A folder for gRPC clients such as grpcurl: `services.txt` with every method, `run.sh` with a command for each, the `.proto`
//! files of the tree unchanged, and for packages that none of them has one made from the code.
//!
//! A made file (<https://protobuf.dev/reference/protobuf/proto3-spec/>) has empty messages: numbers of fields can't be known from
//! names, and a wrong number is worse than none.

use super::soap::{handed_on, missing};
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{AuthState, ContractKind, Endpoint, Protocol};
use std::collections::{BTreeMap, BTreeSet};

pub struct Grpc;

/// A method of a gRPC service: `/package.Service/Method`.
struct Method<'a> {
    package: &'a str,
    service: &'a str,
    name: &'a str,
    endpoint: &'a Endpoint,
}

impl Exporter for Grpc {
    fn name(&self) -> &'static str {
        "grpc"
    }
    fn about(&self) -> &'static str {
        "Folder of .proto files, list of methods and grpcurl commands"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let mut left_out = missing(input, ContractKind::Protobuf);
        let grpc = || input.catalog.endpoints.iter().filter(|e| e.protocol == Protocol::Grpc);
        let methods: Vec<Method<'_>> = grpc().filter_map(method).collect();
        let odd = grpc().count() - methods.len();
        if odd > 0 {
            left_out.push((odd, "its path is no /package.Service/Method"));
        }
        let others = input.catalog.endpoints.len() - grpc().count();
        if others > 0 {
            left_out.push((others, "another protocol than gRPC"));
        }
        let mut files = handed_on(input, ContractKind::Protobuf);
        let declared: BTreeSet<&str> = input
            .catalog
            .contracts
            .iter()
            .filter(|c| c.kind == ContractKind::Protobuf && input.options.files.contains_key(&c.file))
            .flat_map(|c| c.operations.iter().map(|o| o.path.as_str()))
            .collect();
        let mut packages: BTreeMap<&str, Vec<&Method<'_>>> = BTreeMap::new();
        for one in methods.iter().filter(|m| !declared.contains(m.endpoint.path.as_str())) {
            packages.entry(one.package).or_default().push(one);
        }
        let made: Vec<String> = packages.keys().map(|p| format!("{}.proto", if p.is_empty() { "methods" } else { p })).collect();
        files.extend(made.iter().cloned().zip(packages.iter().map(|(package, methods)| proto(package, methods))));
        let list: BTreeSet<String> = methods.iter().map(Method::full).collect();
        let protos: Vec<String> = files.keys().cloned().collect();
        files.insert("services.txt".to_owned(), list.iter().map(|m| format!("{m}\n")).collect());
        files.insert("run.sh".to_owned(), script(&methods, &protos, input));
        Exported::folder(files, left_out)
    }
}

/// All methods as one text for people, a file of the language for each package, one after the other.
pub fn definition(input: &Input<'_>) -> String {
    let methods: Vec<Method<'_>> = input.catalog.endpoints.iter().filter(|e| e.protocol == Protocol::Grpc).filter_map(method).collect();
    let mut packages: BTreeMap<&str, Vec<&Method<'_>>> = BTreeMap::new();
    for one in &methods {
        packages.entry(one.package).or_default().push(one);
    }
    packages.iter().map(|(package, methods)| proto(package, methods)).collect::<Vec<_>>().join("\n")
}

impl Method<'_> {
    fn full(&self) -> String {
        let package = if self.package.is_empty() { String::new() } else { format!("{}.", self.package) };
        format!("{package}{}/{}", self.service, self.name)
    }
}

/// The parts of a method's path; none when a part is no word of the language.
fn method(endpoint: &Endpoint) -> Option<Method<'_>> {
    let (service, name) = endpoint.path.trim_start_matches('/').split_once('/')?;
    let (package, service) = service.rsplit_once('.').unwrap_or(("", service));
    let is_word = |w: &str| w.starts_with(|c: char| c.is_ascii_alphabetic()) && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_whole = is_word(service) && is_word(name) && (package.is_empty() || package.split('.').all(is_word));
    is_whole.then_some(Method { package, service, name, endpoint })
}

fn proto(package: &str, methods: &[&Method<'_>]) -> String {
    let mut out = String::from(
        "// Made from code by apicensus. Messages are empty: the numbers of their fields are not in the code.\nsyntax = \"proto3\";\n",
    );
    if !package.is_empty() {
        out.push_str(&format!("\npackage {package};\n"));
    }
    let mut services: BTreeMap<&str, BTreeMap<&str, &Endpoint>> = BTreeMap::new();
    for one in methods {
        services.entry(one.service).or_default().insert(one.name, one.endpoint);
    }
    let mut messages = BTreeSet::new();
    for (service, methods) in &services {
        out.push_str(&format!("\nservice {service} {{\n"));
        for (name, endpoint) in methods {
            if let Some(summary) = &endpoint.summary {
                out.push_str(&format!("  // {}\n", escape::line(summary)));
            }
            let (request, answer) = (format!("{service}{name}Request"), format!("{service}{name}Answer"));
            let old = if endpoint.lifecycle.deprecated { " {\n    option deprecated = true;\n  }\n" } else { ";\n" };
            out.push_str(&format!("  rpc {name}({request}) returns ({answer}){old}"));
            messages.extend([request, answer]);
        }
        out.push_str("}\n");
    }
    messages.iter().for_each(|m| out.push_str(&format!("\nmessage {m} {{}}\n")));
    out
}

fn script(methods: &[Method<'_>], protos: &[String], input: &Input<'_>) -> String {
    let token = input.options.token();
    let mut out = format!("#!/bin/sh\n# ADDRESS is host:port; {token} holds the token. Without TLS add -plaintext to OPTIONS.\n");
    out.push_str("ADDRESS=${ADDRESS:-localhost:50051}\ncd \"$(dirname \"$0\")\" || exit 1\n");
    let protos: String = protos.iter().map(|p| format!(" -proto {}", escape::shell(p))).collect();
    let mut seen = BTreeSet::new();
    for one in methods {
        let full = one.full();
        if !seen.insert(full.clone()) {
            continue;
        }
        let proof = matches!(one.endpoint.auth.state, AuthState::Required | AuthState::Optional);
        let header = if proof { format!(" -H \"authorization: Bearer ${token}\"") } else { String::new() };
        let mark = if crate::operation::is_destructive(one.endpoint, "RPC") { "# " } else { "" };
        out.push_str(&format!("{mark}grpcurl $OPTIONS -import-path .{protos}{header} -d '{{}}' \"$ADDRESS\" {}\n", escape::shell(&full)));
    }
    out
}
