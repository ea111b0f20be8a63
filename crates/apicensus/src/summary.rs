//! What stands below the table: totals, denominators, troubles. "Nothing found" is worth as much as these lines.

use crate::filter::Hidden;
use crate::findings;
use crate::gateways;
use crate::style::{Look, Meaning, count, number, one_line, width};
use apicensus_catalog::{AuthState, Catalog, ContractRole, DocumentedState, PathState, Trouble};
use std::collections::BTreeMap;

/// The summary of a scan, after the troubles when they are asked for.
pub fn for_people(out: &mut String, catalog: &Catalog, hidden: &Hidden, look: &Look) {
    if look.verbose {
        troubles(out, catalog, look);
    }
    if look.quiet {
        return;
    }
    for line in lines(catalog, hidden, look.verbose) {
        for wrapped in wrap(&line, look.width) {
            out.push_str(&wrapped);
            out.push('\n');
        }
    }
}

/// The lines of the summary, each a list of facts.
pub fn lines(catalog: &Catalog, hidden: &Hidden, verbose: bool) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    if catalog.endpoints.is_empty() {
        lines.push(vec![nothing(catalog, hidden)]);
    } else {
        lines.push(totals(catalog));
        lines.push(verdicts(catalog));
        lines.extend(contracts(catalog));
        lines.extend(gateways::totals(catalog));
        lines.extend(findings::totals(&catalog.findings));
        lines.extend(tested(catalog));
    }
    let left_out = left_out(hidden);
    if !left_out.is_empty() {
        lines.push(vec![left_out]);
    }
    if catalog.coverage.files_seen > 0 {
        lines.push(denominators(catalog, verbose));
    }
    lines
}

fn totals(catalog: &Catalog) -> Vec<String> {
    let endpoints = &catalog.endpoints;
    let total = endpoints.len() as u64;
    let mut facts =
        vec![format!("{} in {}", count(total, "endpoint", "endpoints"), count(catalog.services.len() as u64, "service", "services"))];
    let of = |is: &dyn Fn(&apicensus_catalog::Endpoint) -> bool| endpoints.iter().filter(|endpoint| is(endpoint)).count() as u64;
    let numbers = [
        (of(&|endpoint| endpoint.lifecycle.deprecated), "deprecated"),
        (of(&|endpoint| endpoint.path_state == PathState::Partial), "with an unknown part in the path"),
        (of(&|endpoint| endpoint.detached), "detached"),
        (of(&|endpoint| !endpoint.conditions.is_empty()), "conditional"),
    ];
    facts.extend(numbers.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", number(*n))));
    facts
}

/// How many contracts there are and how far they and the endpoints meet; none where there is no contract.
fn contracts(catalog: &Catalog) -> Option<Vec<String>> {
    let of_role = |role: ContractRole| catalog.contracts.iter().filter(move |c| c.role == role);
    let describing = of_role(ContractRole::Describes).count() as u64;
    if catalog.contracts.is_empty() {
        return None;
    }
    let mut facts = vec![format!("contracts: {} in force", number(describing))];
    for role in ContractRole::ALL.iter().filter(|r| **r != ContractRole::Describes) {
        let found = of_role(*role).count() as u64;
        if found > 0 {
            facts.push(format!("{} {role}", number(found)));
        }
    }
    if describing > 0 {
        for (state, word) in [(DocumentedState::Yes, "documented"), (DocumentedState::No, "undocumented")] {
            let found = catalog.endpoints.iter().filter(|e| e.documented.as_ref().is_some_and(|d| d.state == state)).count() as u64;
            facts.push(format!("{} {word}", number(found)));
        }
        let promised = of_role(ContractRole::Describes).flat_map(|c| &c.operations);
        let missing = promised.filter(|o| o.grade.is_none() && o.method != "SEND").count() as u64;
        if missing > 0 {
            facts.push(format!("{} promised and not found", number(missing)));
        }
    }
    Some(facts)
}

/// How many endpoints test runs have exercised, and how many of the others no contract has either; none without a report.
pub fn tested(catalog: &Catalog) -> Option<Vec<String>> {
    if catalog.tested.is_empty() {
        return None;
    }
    let is_tested = |e: &&apicensus_catalog::Endpoint| catalog.tested.is_exercised(&e.id);
    let tools: std::collections::BTreeSet<&str> = catalog.tested.reports.iter().map(|r| r.tool.as_str()).collect();
    let done = catalog.endpoints.iter().filter(is_tested).count() as u64;
    let is_shadow = |e: &&apicensus_catalog::Endpoint| e.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No);
    let dark = catalog.endpoints.iter().filter(|e| is_shadow(e) && !is_tested(e)).count() as u64;
    let tools: Vec<&str> = tools.into_iter().collect();
    let mut facts =
        vec![format!("tested: {} of {} ({})", number(done), number(catalog.endpoints.len() as u64), one_line(&tools.join(", ")))];
    if dark > 0 {
        facts.push(format!("{} undocumented and untested", number(dark)));
    }
    Some(facts)
}

/// How many endpoints have which verdict, and how many of the open ones are so on purpose.
pub fn verdicts(catalog: &Catalog) -> Vec<String> {
    let mut facts = Vec::new();
    for state in AuthState::ALL {
        let of_state = || catalog.endpoints.iter().filter(|endpoint| endpoint.auth.state == *state);
        let found = of_state().count() as u64;
        if found == 0 {
            continue;
        }
        let on_purpose = of_state().filter(|endpoint| endpoint.auth.by_design.is_some()).count() as u64;
        let note = if on_purpose > 0 { format!(" ({} by design)", number(on_purpose)) } else { String::new() };
        facts.push(format!("{} {state}{note}", number(found)));
    }
    if let Some(first) = facts.first_mut() {
        first.insert_str(0, "auth: ");
    }
    facts
}

fn nothing(catalog: &Catalog, hidden: &Hidden) -> String {
    let coverage = &catalog.coverage;
    let hidden_by_audience: u64 = hidden.by_audience.values().sum();
    let roots: Vec<String> = catalog.repositories.iter().map(|repository| format!("`{}`", one_line(&repository.root))).collect();
    let place = roots.join(", ");
    if hidden.others > 0 {
        format!("No endpoint matches; {} found in all.", number(hidden.others + hidden_by_audience))
    } else if hidden_by_audience > 0 {
        "No endpoints in production code.".to_owned()
    } else if coverage.files_seen == 0 {
        format!("There are no files in {place}, so nothing to take a census of.")
    } else if coverage.languages.values().all(|language| language.seen == 0) {
        format!(
            "No code that apicensus reads in {place}: {} seen, none in a supported language (`apicensus frameworks` lists them).",
            count(coverage.files_seen, "file", "files")
        )
    } else {
        format!("No endpoints found in {place}. `apicensus frameworks` lists what is supported.")
    }
}

fn left_out(hidden: &Hidden) -> String {
    let kinds: Vec<String> = hidden.by_audience.iter().map(|(audience, n)| format!("{} {}", number(*n), audience.as_str())).collect();
    if kinds.is_empty() { String::new() } else { format!("not shown: {} (--audience all)", kinds.join(", ")) }
}

fn denominators(catalog: &Catalog, verbose: bool) -> Vec<String> {
    let coverage = &catalog.coverage;
    let mut facts = vec![format!(
        "read {} of {}, parsed {}",
        number(coverage.files_read),
        count(coverage.files_seen, "file", "files"),
        number(coverage.files_parsed)
    )];
    let routers = &coverage.routers;
    if routers.found > 0 {
        let name = count(routers.found, "router", "routers");
        facts.push(match routers.found.saturating_sub(routers.mounted) {
            0 if routers.found == 1 => format!("{name}, mounted"),
            0 => format!("{name}, all mounted"),
            loose => format!("{name}, {} mounted, {} not", number(routers.mounted), number(loose)),
        });
    }
    facts.push(trouble_total(&catalog.troubles, verbose));
    facts
}

fn trouble_total(troubles: &[Trouble], verbose: bool) -> String {
    if troubles.is_empty() {
        return "no troubles".to_owned();
    }
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for trouble in troubles {
        *kinds.entry(trouble.kind.as_str()).or_default() += 1;
    }
    let kinds: Vec<String> = match kinds.len() {
        1 => kinds.keys().map(|kind| (*kind).to_owned()).collect(),
        _ => kinds.iter().map(|(kind, n)| format!("{} {kind}", number(*n))).collect(),
    };
    let hint = if verbose { "" } else { " (apicensus scan -v)" };
    format!("{}: {}{hint}", count(troubles.len() as u64, "trouble", "troubles"), kinds.join(", "))
}

fn troubles(out: &mut String, catalog: &Catalog, look: &Look) {
    if catalog.troubles.is_empty() {
        return;
    }
    out.push_str(&look.paint(Meaning::Heading, "troubles"));
    out.push('\n');
    for trouble in &catalog.troubles {
        let mut place = one_line(&trouble.file);
        if !trouble.repository.is_empty() {
            place = format!("{}/{place}", trouble.repository);
        }
        if trouble.line > 0 {
            place = format!("{place}:{}", trouble.line);
        }
        let kind = look.paint(Meaning::Doubt, trouble.kind.as_str());
        out.push_str(&format!("  {place}  {kind}  {}\n", one_line(&trouble.message)));
        if !trouble.effect.is_empty() {
            out.push_str(&look.paint(Meaning::Dim, &format!("      {}", one_line(&trouble.effect))));
            out.push('\n');
        }
    }
    out.push('\n');
}

/// Facts in lines no longer than a width; broken between facts only.
fn wrap(facts: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for fact in facts {
        match lines.last_mut() {
            Some(line) if width(line) + 3 + width(fact) <= columns => {
                line.push_str(" · ");
                line.push_str(fact);
            }
            _ => lines.push(fact.clone()),
        }
    }
    lines
}
