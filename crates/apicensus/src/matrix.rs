//! Who may call what: the endpoints by scheme and role.

use crate::grid::Grid;
use crate::rows::{Word, inherited_from};
use crate::style::{Meaning, one_line};
use apicensus_catalog::{AuthState, ByDesign, Catalog, Endpoint, GuardLevel, SchemeKind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The matrix, as it is written for programs too.
#[derive(Debug, Serialize)]
pub struct Matrix<'a> {
    /// The kinds of schemes in use.
    pub schemes: Vec<SchemeKind>,
    /// The roles, permissions and scopes in use.
    pub roles: Vec<&'a str>,
    /// How many endpoints have which verdict.
    pub verdicts: BTreeMap<AuthState, usize>,
    /// How many endpoints take which scheme.
    pub by_scheme: BTreeMap<SchemeKind, usize>,
    /// How many endpoints ask for which role, permission or scope.
    pub by_role: BTreeMap<&'a str, usize>,
    /// The endpoints, in the catalog's order.
    pub endpoints: Vec<Line<'a>>,
}

/// A line of the matrix.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    id: &'a str,
    service: &'a str,
    method: &'a str,
    path: &'a str,
    state: AuthState,
    schemes: Vec<SchemeKind>,
    roles: Vec<&'a str>,
    /// The level that the verdict is inherited from.
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from: Option<GuardLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_design: Option<ByDesign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> Matrix<'a> {
    /// The matrix of a catalog.
    pub fn new(catalog: &'a Catalog) -> Matrix<'a> {
        let endpoints: Vec<Line<'a>> = catalog.endpoints.iter().map(Line::new).collect();
        let mut matrix = Matrix {
            schemes: Vec::new(),
            roles: Vec::new(),
            verdicts: BTreeMap::new(),
            by_scheme: BTreeMap::new(),
            by_role: BTreeMap::new(),
            endpoints,
        };
        for line in &matrix.endpoints {
            *matrix.verdicts.entry(line.state).or_default() += 1;
            line.schemes.iter().for_each(|scheme| *matrix.by_scheme.entry(*scheme).or_default() += 1);
            line.roles.iter().for_each(|role| *matrix.by_role.entry(role).or_default() += 1);
        }
        matrix.schemes = matrix.by_scheme.keys().copied().collect();
        matrix.roles = matrix.by_role.keys().copied().collect();
        matrix
    }

    /// The matrix as a table: a column for anyone, one a scheme, and the roles.
    pub fn grid(&self) -> Grid {
        let mut head: Vec<String> = ["Method", "Path", "Anyone"].map(str::to_owned).into();
        head.extend(self.schemes.iter().map(ToString::to_string));
        head.extend(["Roles", "From", "Note"].map(str::to_owned));
        let plain = |text: String| (text, Meaning::Plain);
        let row = |line: &Line<'_>| {
            let mut row = vec![plain(one_line(line.method)), plain(one_line(line.path)), anyone(line)];
            row.extend(self.schemes.iter().map(|scheme| plain(if line.schemes.contains(scheme) { "yes".into() } else { String::new() })));
            row.push(plain(one_line(&line.roles.join(" "))));
            row.push(plain(line.inherited_from.map(|level| level.to_string()).unwrap_or_default()));
            let note = line.by_design.map(|reason| reason.to_string()).or_else(|| line.reason.map(one_line));
            row.push((note.unwrap_or_default(), Meaning::Dim));
            row
        };
        Grid { head, rows: self.endpoints.iter().map(row).collect(), code: vec![1] }
    }
}

impl<'a> Line<'a> {
    fn new(endpoint: &'a Endpoint) -> Line<'a> {
        let auth = &endpoint.auth;
        let schemes: BTreeSet<SchemeKind> = auth.schemes.iter().map(|scheme| scheme.kind).collect();
        let roles: BTreeSet<&str> = auth.roles.iter().chain(&auth.scopes).map(String::as_str).collect();
        Line {
            id: &endpoint.id,
            service: &endpoint.service,
            method: &endpoint.method,
            path: &endpoint.path,
            state: auth.state,
            schemes: schemes.into_iter().collect(),
            roles: roles.into_iter().collect(),
            inherited_from: inherited_from(auth),
            by_design: auth.by_design,
            reason: auth.reason.as_deref(),
        }
    }
}

fn anyone(line: &Line<'_>) -> Word {
    match line.state {
        AuthState::Required => (String::new(), Meaning::Plain),
        AuthState::None if line.by_design.is_none() => ("none".to_owned(), Meaning::Alarm),
        AuthState::Unknown => ("unknown".to_owned(), Meaning::Doubt),
        other => (other.to_string(), Meaning::Plain),
    }
}
