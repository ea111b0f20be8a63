//! The formats that are read, for lists and documents.

use apicensus_catalog::ContractKind;

/// A format of API descriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatFacts {
    /// Its name in the catalog.
    pub kind: ContractKind,
    /// Its name as its makers write it.
    pub title: &'static str,
    /// The versions that are read.
    pub versions: &'static str,
    /// Where it is found.
    pub files: &'static str,
    /// What an operation is.
    pub operations: &'static str,
    /// What its specification or documentation is.
    pub docs: &'static str,
}

macro_rules! formats {
    ($($kind:ident $title:literal $versions:literal $files:literal $operations:literal $docs:literal;)*) => {
        /// All formats.
        pub const FORMATS: &[FormatFacts] = &[$(FormatFacts {
            kind: ContractKind::$kind, title: $title, versions: $versions, files: $files, operations: $operations, docs: $docs,
        }),*];
    };
}

formats! {
    Openapi "OpenAPI" "3.0, 3.1, 3.2" "JSON, YAML; split over files by `$ref`" "methods of paths" "https://spec.openapis.org";
    Swagger "Swagger" "2.0" "JSON, YAML; split over files by `$ref`" "methods of paths" "https://swagger.io/specification/v2/";
    Raml "RAML" "1.0, 0.8" "YAML that begins with `#%RAML`; `!include`, `uses`" "methods of resources" "https://github.com/raml-org/raml-spec";
    Typespec "TypeSpec" "HTTP library 1" "`.tsp` with `@service`; imports" "operations with routes" "https://typespec.io";
    Graphql "GraphQL SDL" "October 2021" "`.graphql`, `.graphqls`, `.gql`" "fields of root types" "https://spec.graphql.org";
    Protobuf "Protocol Buffers" "proto2, proto3, editions" "`.proto`" "methods of services, `google.api.http` bindings" "https://protobuf.dev";
    Asyncapi "AsyncAPI" "2, 3" "JSON, YAML; split over files by `$ref`" "messages of channels" "https://www.asyncapi.com";
    Wsdl "WSDL" "1.1, 2.0" "`.wsdl`, `.xml`; imports of files" "operations bound to SOAP 1.1, 1.2 or HTTP" "https://www.w3.org/TR/wsdl20/";
    Openrpc "OpenRPC" "1" "JSON, YAML; split over files by `$ref`" "methods" "https://spec.open-rpc.org";
    Postman "Postman" "2.0, 2.1" "JSON" "requests" "https://schema.postman.com";
    Insomnia "Insomnia" "3, 4, 5" "JSON, YAML" "requests" "https://developer.konghq.com/insomnia/";
    Bruno "Bruno, OpenCollection" "1" "`.bru` under `bruno.json`, YAML under `opencollection.yml`" "requests" "https://docs.usebruno.com";
    HttpFile "HTTP request files" "JetBrains, VS Code" "`.http`, `.rest`" "requests" "https://github.com/JetBrains/http-request-in-editor-spec";
    Har "HTTP archives" "1.2" "`.har`" "recorded requests" "http://www.softwareishard.com/blog/har-12-spec/";
}

/// The formats as a Markdown table.
pub fn table() -> String {
    let mut out =
        String::from("| Format | Versions | Found as | Operations are | Documents endpoints |\n| --- | --- | --- | --- | --- |\n");
    for f in FORMATS {
        let promises = if f.kind.is_promise() { "yes" } else { "no: evidence of use" };
        out.push_str(&format!("| [{}]({}) | {} | {} | {} | {promises} |\n", f.title, f.docs, f.versions, f.files, f.operations));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_facts_once() {
        for kind in ContractKind::ALL {
            assert_eq!(FORMATS.iter().filter(|f| f.kind == *kind).count(), 1, "{kind}");
        }
    }
}
