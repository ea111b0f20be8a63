//! A finding as a rule writes it, and what every finding gets: identity, references, texts in one shape.

use crate::Rule;
use apicensus_catalog::{Confidence, Contract, ContractOperation, Endpoint, Evidence, Finding, FindingStatus, Location, Severity};

/// Characters of a fingerprint.
const LENGTH: usize = 20;

/// A finding in the making.
pub struct Draft {
    finding: Finding,
    /// What it is about, in words that survive moves of lines and files.
    key: String,
}

impl Draft {
    /// About an endpoint.
    pub fn of(endpoint: &Endpoint, message: impl Into<String>) -> Self {
        let at = endpoint.handler.as_ref().map(|h| Location { file: h.file.clone(), line: h.line });
        let mut draft =
            Draft::new(format!("{} {}", endpoint.method, endpoint.path), at.unwrap_or_else(|| endpoint.registered_at.clone()), message);
        draft.finding.service = Some(endpoint.service.clone());
        draft.finding.endpoint = Some(endpoint.id.clone());
        draft.finding.confidence = endpoint.confidence;
        draft.key = endpoint.id.clone();
        draft.and(&endpoint.registered_at, "registered here")
    }

    /// About an operation of a contract.
    pub fn of_operation(contract: &Contract, operation: &ContractOperation, message: impl Into<String>) -> Self {
        let subject = format!("{} {}", operation.method, operation.path);
        let mut draft = Draft::new(subject.clone(), operation.at.clone(), message).contract(&contract.id);
        draft.finding.service = contract.services.first().map(|s| s.service.clone());
        draft.key = format!("{}\n{subject}", draft.finding.service.as_deref().unwrap_or_default());
        draft
    }

    /// About something else; `subject` is also its identity within the rule.
    pub fn new(subject: String, at: Location, message: impl Into<String>) -> Self {
        let finding = Finding {
            rule: String::new(),
            severity: Severity::Info,
            confidence: Confidence::High,
            service: None,
            endpoint: None,
            contract: None,
            subject: subject.clone(),
            at,
            message: message.into(),
            why: String::new(),
            remedy: String::new(),
            evidence: Vec::new(),
            owasp: Vec::new(),
            cwe: Vec::new(),
            fingerprint: String::new(),
            status: FindingStatus::Open,
            suppression: None,
        };
        Draft { finding, key: subject }
    }

    /// How bad it is.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.finding.severity = severity;
        self
    }

    /// At most this sure.
    pub fn at_most(mut self, confidence: Confidence) -> Self {
        self.finding.confidence = self.finding.confidence.max(confidence);
        self
    }

    /// The service it is about.
    pub fn service(mut self, service: &str) -> Self {
        self.finding.service = Some(service.to_owned());
        self.key = format!("{service}\n{}", self.key);
        self
    }

    /// The contract it is about.
    pub fn contract(mut self, contract: &str) -> Self {
        self.finding.contract = Some(contract.to_owned());
        self
    }

    /// Why it matters and what to do.
    pub fn because(mut self, why: &str, remedy: impl Into<String>) -> Self {
        self.finding.why = why.to_owned();
        self.finding.remedy = remedy.into();
        self
    }

    /// A place that shows it.
    pub fn and(mut self, at: &Location, what: impl Into<String>) -> Self {
        self.finding.evidence.push(Evidence { at: at.clone(), what: what.into() });
        self
    }

    /// Told apart from other findings of the rule about the same thing.
    pub fn apart(mut self, word: &str) -> Self {
        self.key = format!("{}\n{word}", self.key);
        self
    }

    pub(crate) fn finding(self, rule: &Rule) -> Finding {
        let text = format!("{}\n{}", rule.id, self.key);
        Finding {
            rule: rule.id.to_owned(),
            owasp: rule.owasp.iter().map(ToString::to_string).collect(),
            cwe: rule.cwe.iter().map(ToString::to_string).collect(),
            fingerprint: blake3::hash(text.as_bytes()).to_hex().chars().take(LENGTH).collect(),
            ..self.finding
        }
    }
}
