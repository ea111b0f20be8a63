//! An evidence report (Markdown): what the catalog proves of the points that ask for an inventory of APIs, what it does not cover, and what
//! is unknown. OWASP API9:2023 (<https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/>, "How to prevent"), PCI DSS
//! 4.0.1 requirement 6.3.2, and the themes of NIST SP 800-228 (<https://doi.org/10.6028/NIST.SP.800-228>).
//!
//! A point is *covered* when the catalog answers it for all it looked at, *in part* when it answers it for some, *not covered* when no
//! source code can answer it, and *unknown* when the views it needs were not read.

use crate::escape::markdown;
use crate::{Exported, Exporter, Input};
use apicensus_catalog::{
    Audience, AuthState, Catalog, ContractRole, ControlKind, ControlState, DocumentedState, Endpoint, FindingStatus, View,
};

pub struct Evidence;

/// A point of a standard and what is known of it.
#[derive(Clone)]
struct Point {
    name: &'static str,
    state: &'static str,
    evidence: String,
}

const COVERED: &str = "covered";
const PART: &str = "in part";
const NOT: &str = "not covered";
const UNKNOWN: &str = "unknown";

impl Exporter for Evidence {
    fn name(&self) -> &'static str {
        "evidence"
    }
    fn about(&self) -> &'static str {
        "Evidence report (Markdown): OWASP API9, PCI DSS 6.3.2, NIST SP 800-228"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let facts = Facts { catalog: input.catalog };
        let mut text = String::from("# Evidence of the API inventory\n\n");
        text.push_str(&facts.scope());
        for (title, points) in [
            ("OWASP API Security Top 10, API9:2023 Improper Inventory Management", [facts.owasp(), facts.owasp_more()].concat()),
            ("PCI DSS 4.0.1, requirement 6.3.2", facts.pci()),
            ("NIST SP 800-228, Guidelines for API Protection for Cloud-Native Systems", [facts.nist(), facts.nist_more()].concat()),
        ] {
            text.push_str(&format!("\n## {title}\n\n| Point | State | Evidence |\n| --- | --- | --- |\n"));
            for point in points {
                text.push_str(&format!("| {} | {} | {} |\n", point.name, point.state, markdown(&point.evidence)));
            }
        }
        Exported::text(text, Vec::new())
    }
}

struct Facts<'a> {
    catalog: &'a Catalog,
}

impl Facts<'_> {
    fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.catalog.endpoints.iter()
    }

    fn total(&self) -> usize {
        self.catalog.endpoints.len()
    }

    fn count(&self, is: impl Fn(&Endpoint) -> bool) -> usize {
        self.endpoints().filter(|e| is(e)).count()
    }

    fn rule(&self, rule: &str) -> usize {
        self.catalog.findings.iter().filter(|f| f.rule == rule && f.status == FindingStatus::Open).count()
    }

    /// A point answered for `known` of all endpoints.
    fn share(&self, name: &'static str, known: usize, what: &str) -> Point {
        let total = self.total();
        let state = if total == 0 || known == 0 {
            UNKNOWN
        } else if known == total {
            COVERED
        } else {
            PART
        };
        Point { name, state, evidence: format!("{known} of {total} endpoints {what}.") }
    }

    fn has_contracts(&self) -> bool {
        self.catalog.views.contains(&View::Spec)
    }

    fn scope(&self) -> String {
        let catalog = self.catalog;
        let mut out = format!("Made by {} {} from source code alone.\n\n", markdown(&catalog.tool.name), markdown(&catalog.tool.version));
        for repository in &catalog.repositories {
            let revision = repository.revision.as_ref().map_or("work tree, no revision".to_owned(), |r| {
                format!("revision {}{}", r.commit, r.time.as_ref().map(|t| format!(" of {t}")).unwrap_or_default())
            });
            out.push_str(&format!("- {}: {}\n", markdown(&repository.name), markdown(&revision)));
        }
        let coverage = &catalog.coverage;
        out.push_str(&format!(
            "- {} files seen, {} read, {} parsed; {} of {} routers reached from an application; {} places could not be followed\n",
            coverage.files_seen,
            coverage.files_read,
            coverage.files_parsed,
            coverage.routers.mounted,
            coverage.routers.found,
            catalog.troubles.len(),
        ));
        out
    }

    fn owasp(&self) -> Vec<Point> {
        let catalog = self.catalog;
        let calls = catalog.outbound.calls.iter().filter(|c| c.audience == Audience::Production).count();
        let control = |kind: ControlKind| self.count(|e| e.controls.get(&kind).is_some_and(|c| c.state != ControlState::Unknown));
        let versions = self.count(|e| e.lifecycle.version.is_some());
        vec![
            Point {
                name: "Inventory of API hosts: what runs, its environment, who reaches it, its version",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!(
                    "{} services with {} endpoints; {} services with a URL in the policy; {versions} endpoints with a version. Environments and networks are not in code.",
                    catalog.services.len(),
                    self.total(),
                    catalog.services.iter().filter(|s| !s.base_urls.is_empty()).count(),
                ),
            },
            Point {
                name: "Inventory of integrated services and the data exchanged with them",
                state: if catalog.outbound.files_not_read == 0 && calls > 0 { PART } else { UNKNOWN },
                evidence: format!(
                    "{calls} calls to other services found; {} files were not read for them. What data flows is not known.",
                    catalog.outbound.files_not_read
                ),
            },
            self.share(
                "Documented: authentication",
                self.count(|e| e.auth.state != AuthState::Unknown),
                "have a verdict on who may call them",
            ),
            self.share("Documented: rate limiting", control(ControlKind::RateLimit), "are known to have a rate limit or none"),
            self.share("Documented: cross-origin policy", control(ControlKind::Cors), "are known to have a CORS policy or none"),
            self.share(
                "Documented: parameters, requests and responses",
                self.count(|e| !e.parameters.is_empty() || !e.bodies.is_empty() || !e.responses.is_empty()),
                "declare parameters, bodies or answers; one that takes nothing declares none",
            ),
        ]
    }

    /// The later points of the list: documentation, protection, versions.
    fn owasp_more(&self) -> Vec<Point> {
        let catalog = self.catalog;
        let described = catalog.contracts.iter().filter(|c| c.role == ContractRole::Describes).count();
        let answered = self.count(|e| e.documented.as_ref().is_some_and(|d| d.state != DocumentedState::Unknown));
        let deprecated = self.count(|e| e.lifecycle.deprecated);
        vec![
            Point {
                name: "Documentation by open standards, in the build",
                state: if !self.has_contracts() {
                    UNKNOWN
                } else if described > 0 {
                    PART
                } else {
                    NOT
                },
                evidence: format!(
                    "{described} contracts describe a service; for {answered} of {} endpoints it is known whether they are in one; {} are not.",
                    self.total(),
                    self.count(|e| e.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No))
                ),
            },
            Point {
                name: "Documentation only for those who may use the API",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!("{} findings of debug or documentation pages that anyone may reach.", self.rule("debug-exposed")),
            },
            Point { name: "Protection in front of all exposed versions", state: NOT, evidence: "Not in source code.".to_owned() },
            Point { name: "No production data in other deployments", state: NOT, evidence: "Not in source code.".to_owned() },
            Point {
                name: "Older versions: known, and their risk weighed",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!(
                    "{deprecated} endpoints are declared deprecated; {} findings of old ones that are still served.",
                    self.rule("zombie")
                ),
            },
        ]
    }

    fn pci(&self) -> Vec<Point> {
        let catalog = self.catalog;
        let is_dated = !catalog.repositories.is_empty() && catalog.repositories.iter().all(|r| r.revision.is_some());
        vec![
            Point {
                name: "Inventory of bespoke and custom software",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!(
                    "{} services with {} endpoints, each with file and line. Software that serves no API is not in it.",
                    catalog.services.len(),
                    self.total()
                ),
            },
            Point {
                name: "Third-party components in it",
                state: NOT,
                evidence: format!(
                    "Frameworks only: {}. A bill of materials of the packages is needed beside it.",
                    catalog
                        .services
                        .iter()
                        .flat_map(|s| s.frameworks.iter().map(String::as_str))
                        .collect::<std::collections::BTreeSet<_>>()
                        .into_iter()
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            },
            Point {
                name: "It is maintained",
                state: if is_dated { PART } else { UNKNOWN },
                evidence: if is_dated {
                    "Every repository has a revision; that scans are repeated is not in a catalog.".to_owned()
                } else {
                    "A work tree was scanned; scan a revision to have a date.".to_owned()
                },
            },
            Point {
                name: "It serves the management of vulnerabilities",
                state: if catalog.findings.is_empty() { UNKNOWN } else { PART },
                evidence: format!(
                    "{} findings open, {} suppressed with a reason.",
                    catalog.findings.iter().filter(|f| f.status == FindingStatus::Open).count(),
                    catalog.findings.iter().filter(|f| f.status == FindingStatus::Suppressed).count()
                ),
            },
        ]
    }

    fn nist(&self) -> Vec<Point> {
        let catalog = self.catalog;
        let owned = catalog.services.iter().filter(|s| !s.owners.is_empty()).count();
        vec![
            Point {
                name: "Inventory: every API is known, with an owner",
                state: if catalog.services.is_empty() { UNKNOWN } else { PART },
                evidence: format!(
                    "{} services, {owned} of them with an owner; {} endpoints on routers that nothing mounts, {} with an unknown part in their path.",
                    catalog.services.len(),
                    catalog.coverage.detached_endpoints,
                    catalog.coverage.partial_endpoints
                ),
            },
            Point {
                name: "Specification of each API, in step with the code",
                state: if self.has_contracts() { PART } else { UNKNOWN },
                evidence: format!(
                    "{} undocumented, {} findings of drift, {} operations promised and not found.",
                    self.count(|e| e.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No)),
                    self.rule("drift") + self.rule("body-drift"),
                    self.rule("phantom")
                ),
            },
            self.share(
                "Authentication of callers",
                self.count(|e| e.auth.state != AuthState::Unknown),
                "have a verdict on who may call them",
            ),
            Point {
                name: "Authorisation of each operation",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!(
                    "{} endpoints ask for a scope or role. Checks on single objects are not judged.",
                    self.count(|e| !e.auth.scopes.is_empty() || !e.auth.roles.is_empty())
                ),
            },
        ]
    }

    /// The later themes: limits, input, data, tests, run time.
    fn nist_more(&self) -> Vec<Point> {
        let catalog = self.catalog;
        let control = |kind: ControlKind| self.count(|e| e.controls.get(&kind).is_some_and(|c| c.state == ControlState::Yes));
        let tested = self.count(|e| catalog.tested.is_exercised(&e.id));
        vec![
            Point {
                name: "Limits on resource consumption",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!(
                    "{} endpoints with a rate limit, {} with a limit on bodies, in the application itself.",
                    control(ControlKind::RateLimit),
                    control(ControlKind::BodyLimit)
                ),
            },
            Point {
                name: "Validation of what requests carry",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!("{} endpoints check requests against a declared shape.", control(ControlKind::Validation)),
            },
            Point {
                name: "Sensitive data: where it flows",
                state: if self.total() > 0 { PART } else { UNKNOWN },
                evidence: format!(
                    "{} endpoints with fields of a sensitive class.",
                    self.count(|e| !e.sensitive.is_empty() || e.parameters.iter().any(|p| p.sensitive.is_some()))
                ),
            },
            Point {
                name: "Tests of the running API",
                state: if catalog.tested.is_empty() {
                    UNKNOWN
                } else if tested == self.total() {
                    COVERED
                } else {
                    PART
                },
                evidence: if catalog.tested.is_empty() {
                    "No report of a test run was read.".to_owned()
                } else {
                    format!("{tested} of {} endpoints exercised by test runs.", self.total())
                },
            },
            Point {
                name: "Protection at run time: gateways, monitoring, anomalies",
                state: NOT,
                evidence: "Not in source code.".to_owned(),
            },
        ]
    }
}
