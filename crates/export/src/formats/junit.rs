//! JUnit XML of the findings, in the form that build servers read (<https://github.com/testmoapp/junitxml>): a suite a service, a case
//! a finding. One that counts is a failure, one that is suppressed is skipped; a service without findings has one case that passes.

use crate::{Exported, Exporter, Input, escape::xml};
use apicensus_catalog::{Finding, FindingStatus};
use std::collections::BTreeMap;

pub struct Junit;

impl Exporter for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }
    fn about(&self) -> &'static str {
        "JUnit XML of the findings, for build servers"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let mut suites: BTreeMap<&str, Vec<&Finding>> = input.catalog.services.iter().map(|s| (s.id.as_str(), Vec::new())).collect();
        for finding in &input.catalog.findings {
            suites.entry(finding.service.as_deref().unwrap_or("")).or_default().push(finding);
        }
        let (mut tests, mut failures, mut skipped, mut body) = (0, 0, 0, String::new());
        for (service, findings) in &suites {
            let failed = findings.iter().filter(|f| f.status == FindingStatus::Open).count();
            let left = findings.len() - failed;
            let count = findings.len().max(1);
            tests += count;
            failures += failed;
            skipped += left;
            let name = if service.is_empty() { "repository" } else { input.name(service) };
            body.push_str(&format!(
                "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\" skipped=\"{left}\" time=\"0\">\n",
                xml(name)
            ));
            if findings.is_empty() {
                body.push_str("    <testcase name=\"no findings\" classname=\"apicensus\" time=\"0\"/>\n");
            }
            findings.iter().for_each(|f| body.push_str(&case(f)));
            body.push_str("  </testsuite>\n");
        }
        let head = format!(
            "<testsuites name=\"apicensus\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\">"
        );
        Exported::text(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head}\n{body}</testsuites>\n"), Vec::new())
    }
}

fn case(finding: &Finding) -> String {
    let name = xml(&format!("{} {}", finding.rule, finding.subject));
    let line = finding.at.line.max(1);
    let head = format!(
        "    <testcase name=\"{name}\" classname=\"{}\" file=\"{}\" line=\"{line}\" time=\"0\">\n",
        xml(&finding.rule),
        xml(&finding.at.file)
    );
    let inner = if finding.status == FindingStatus::Suppressed {
        let reason = finding.suppression.as_ref().map_or("", |s| s.reason.as_str());
        format!("      <skipped message=\"{}\"/>\n", xml(reason))
    } else {
        let text = format!("{}:{line} {} {} {}", finding.at.file, finding.message, finding.why, finding.remedy);
        format!("      <failure message=\"{}\" type=\"{}\">{}</failure>\n", xml(&finding.message), finding.severity, xml(&text))
    };
    format!("{head}{inner}    </testcase>\n")
}
