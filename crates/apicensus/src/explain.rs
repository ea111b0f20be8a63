//! The trail of an endpoint: which line gives each piece of its path, with the lines themselves.

use crate::rows::{Titles, inherited_from};
use crate::style::{Look, Meaning, clip, fill, one_line, width};
use crate::{explain_controls, explain_shape, gateways};
use apicensus_catalog::{Auth, AuthState, Catalog, Endpoint, Guard, Location, TrailStep, View};

/// Gives a line of a file, from 1; none when it can't be read.
pub type ReadLine<'a> = &'a mut dyn FnMut(&str, u32) -> Option<String>;

/// What the label of a section takes.
const LABEL: usize = 9;
/// A longer piece of a path stands on a line of its own.
const WIDEST_PIECE: usize = 36;
/// With less room than this the source of a step goes to the next line.
const NARROWEST_SOURCE: usize = 44;

/// One endpoint with its evidence.
pub fn render(endpoint: &Endpoint, catalog: &Catalog, titles: &Titles, look: &Look, read: ReadLine<'_>) -> String {
    let mut page = Page { look, read, out: String::new() };
    page.head(endpoint, catalog, titles);
    page.path(endpoint);
    page.conditions(endpoint);
    page.auth(&endpoint.auth);
    gateways::lines(endpoint).iter().for_each(|(label, line)| page.section(label, line));
    explain_controls::lines(endpoint).iter().for_each(|(label, line)| page.section(label, line));
    for (label, line) in explain_shape::lines(endpoint) {
        page.section(label, &line);
    }
    if let Some(summary) = &endpoint.summary {
        page.section("does", &one_line(summary));
    }
    page.documented(endpoint);
    page.findings(endpoint, catalog);
    page.notes(endpoint);
    page.out
}

struct Page<'a> {
    look: &'a Look,
    read: ReadLine<'a>,
    out: String,
}

impl Page<'_> {
    fn head(&mut self, endpoint: &Endpoint, catalog: &Catalog, titles: &Titles) {
        let name = one_line(&format!("{} {}", endpoint.method, endpoint.path));
        let service = catalog.services.iter().find(|service| service.id == endpoint.service);
        let mut facts = vec![endpoint.path_state.to_string(), endpoint.protocol.to_string()];
        facts.push(titles.get(&endpoint.framework).unwrap_or(&endpoint.framework).clone());
        facts.extend(service.map(|service| one_line(&service.name)));
        let facts = facts.join(" · ");
        let space = self.look.width.min(100).saturating_sub(width(&name) + width(&facts)).max(3);
        self.out.push_str(&self.look.paint(Meaning::Heading, &name));
        self.out.push_str(&" ".repeat(space));
        self.out.push_str(&self.look.paint(Meaning::Dim, &facts));
        self.out.push('\n');
    }

    fn section(&mut self, label: &str, text: &str) {
        self.out.push_str("  ");
        self.out.push_str(&self.look.paint(Meaning::Dim, label));
        self.out.push_str(&fill(label, LABEL - 2));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn path(&mut self, endpoint: &Endpoint) {
        let steps = steps(endpoint);
        let places: Vec<String> = steps.iter().map(|step| one_line(&format!("{}:{}", step.file, step.line))).collect();
        let gives = steps.iter().map(|step| width(&step.gives)).max().unwrap_or(0).clamp(4, WIDEST_PIECE);
        let place = places.iter().map(|place| width(place)).max().unwrap_or(0);
        let what = steps.iter().map(|step| width(&step.what)).max().unwrap_or(0);
        let columns = [gives, place, what];
        for (at, (step, text)) in steps.iter().zip(&places).enumerate() {
            let label = if at == 0 { "path" } else { "" };
            self.step(label, step, text, columns);
        }
        for hole in &endpoint.holes {
            let place = hole.at.as_ref().map(|at| format!("{}:{}  ", one_line(&at.file), at.line)).unwrap_or_default();
            let label = self.look.paint(Meaning::Doubt, &format!("{{?{}}}", one_line(&hole.label)));
            self.section("hole", &format!("{label}  {place}{}", one_line(&hole.reason)));
        }
    }

    fn step(&mut self, label: &str, step: &TrailStep, place: &str, [gives, places, what]: [usize; 3]) {
        let gives_text = one_line(&step.gives);
        let meaning = if gives_text.contains("{?") { Meaning::Doubt } else { Meaning::Heading };
        let mut line = self.look.paint(meaning, &gives_text);
        let mut used = LABEL + gives + 2;
        if width(&gives_text) > gives {
            line.push('\n');
            line.push_str(&fill("", used));
        } else {
            line.push_str(&fill(&gives_text, gives + 2));
        }
        line.push_str(place);
        line.push_str(&fill(place, places + 2));
        used += places.max(width(place)) + 2;
        line.push_str(&self.look.paint(Meaning::Dim, &step.what));
        line.push_str(&fill(&step.what, what + 2));
        used += what + 2;
        let Some(source) = (self.read)(&step.file, step.line) else {
            self.section(label, line.trim_end());
            return;
        };
        let more = if step.end_line > step.line && step.what != "handler" { " …" } else { "" };
        let source = format!("{}{more}", source.trim());
        let room = self.look.width.saturating_sub(used);
        if room >= width(&source).min(NARROWEST_SOURCE) {
            line.push_str(&clip(&source, room));
            self.section(label, &line);
        } else {
            let below = LABEL + gives + 4;
            self.section(label, line.trim_end());
            self.out.push_str(&format!("{}{}\n", fill("", below), clip(&source, self.look.width.saturating_sub(below).max(20))));
        }
    }

    fn conditions(&mut self, endpoint: &Endpoint) {
        for condition in &endpoint.conditions {
            let default = match condition.default {
                Some(true) => " (true by default)",
                Some(false) => " (false by default)",
                None => "",
            };
            let text = format!("{}{default}  {}:{}", one_line(&condition.text), condition.file, condition.line);
            self.section("if", &text);
        }
    }

    fn auth(&mut self, auth: &Auth) {
        let meaning = match auth.state {
            AuthState::None => Meaning::Alarm,
            AuthState::Unknown => Meaning::Doubt,
            _ => Meaning::Plain,
        };
        let mut facts = vec![self.look.paint(meaning, auth.state.as_str())];
        facts.extend(auth.reason.as_deref().map(one_line));
        let list = |name: &str, words: &[String]| (!words.is_empty()).then(|| format!("{name} {}", words.join(", ")));
        let schemes: Vec<String> = auth.schemes.iter().map(|scheme| scheme.kind.to_string()).collect();
        facts.extend(list("by", &schemes));
        facts.extend(list("scopes", &auth.scopes));
        facts.extend(list("roles", &auth.roles));
        facts.extend(inherited_from(auth).map(|level| format!("inherited from {level}")));
        facts.extend(auth.inferred.then(|| "inferred".to_owned()));
        facts.extend(auth.by_design.map(|reason| format!("by design: {reason}")));
        self.section("auth", &facts.join(" · "));
        for guard in &auth.chain {
            self.guard(guard);
        }
    }

    fn guard(&mut self, guard: &Guard) {
        let place = |at: &Location| format!("{}:{}", one_line(&at.file), at.line);
        let says = match guard.says {
            Some(AuthState::Unknown) => "  could not be read".to_owned(),
            Some(state) => format!("  {state}"),
            None => String::new(),
        };
        let basis = guard.basis.map(|basis| format!(", {basis}")).unwrap_or_default();
        let defined = guard.defined.as_ref().map(|at| format!("  defined at {}", place(at))).unwrap_or_default();
        let text = format!("{}  {}  {}{says}{basis}{defined}", place(&guard.at), guard.level, one_line(&guard.symbol));
        self.section("", &text);
    }

    fn documented(&mut self, endpoint: &Endpoint) {
        let Some(documented) = &endpoint.documented else { return };
        let mut facts = vec![documented.state.to_string()];
        facts.extend(documented.at.as_ref().map(|at| format!("{}:{}", one_line(&at.file), at.line)));
        facts.extend(documented.grade.map(|grade| grade.to_string()));
        facts.extend(documented.reason.as_deref().map(one_line));
        facts.extend(documented.mismatches.iter().map(|m| one_line(m)));
        self.section("docs", &facts.join(" · "));
    }

    fn findings(&mut self, endpoint: &Endpoint, catalog: &Catalog) {
        for (at, finding) in catalog.findings.iter().filter(|f| f.endpoint.as_deref() == Some(endpoint.id.as_str())).enumerate() {
            let label = if at == 0 { "found" } else { "" };
            self.section(label, &format!("{} {}: {}", finding.severity, finding.rule, one_line(&finding.message)));
        }
    }

    fn notes(&mut self, endpoint: &Endpoint) {
        let mut notes = Vec::new();
        notes.extend(endpoint.detached.then_some("nothing visible mounts its router: a prefix may be missing"));
        notes.extend(endpoint.lifecycle.deprecated.then_some("deprecated"));
        notes.extend(endpoint.implicit.then_some("added by the framework itself"));
        notes.extend((endpoint.view != View::Code).then_some("only its gateway's document proves it"));
        notes.extend(endpoint.third_party.then_some("served by third-party code"));
        let version = endpoint.lifecycle.version.as_ref().map(|version| format!("version {version}"));
        let audience = format!("{} code", endpoint.audience);
        let confidence = format!("confidence {}", endpoint.confidence);
        let mut facts = vec![audience, confidence];
        facts.extend(version);
        facts.extend(notes.into_iter().map(str::to_owned));
        self.section("notes", &facts.join(" · "));
    }
}

/// The trail, with the handler at its end.
fn steps(endpoint: &Endpoint) -> Vec<TrailStep> {
    let step = |file: &str, line: u32, end_line: u32, what: &str, gives: &str| TrailStep {
        file: file.to_owned(),
        line,
        end_line,
        what: what.to_owned(),
        gives: gives.to_owned(),
    };
    let mut steps = endpoint.trail.clone();
    let at = &endpoint.registered_at;
    if steps.is_empty() {
        steps.push(step(&at.file, at.line, at.line, "route", &endpoint.raw_path));
    }
    if let Some(handler) = &endpoint.handler {
        let (file, line, end) = match &handler.defined_at {
            Some(defined) => (&defined.file, defined.line, defined.line),
            None => (&handler.file, handler.line, handler.end_line),
        };
        if !steps.iter().any(|step| step.file == *file && step.line == line) {
            steps.push(step(file, line, end, "handler", ""));
        }
    }
    steps
}
