//! What the code of a function shows about who may pass, and what it says in each of the places a guard can stand in.

use super::ways::{Checks, all_check};
use crate::output::{Ruling, Says};
use apicensus_syntax::{FunctionId, Module, Span};
use smol_str::SmolStr;

/// What a function's code shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// The status it refuses with.
    pub(super) denies: Option<u16>,
    /// It reads a credential that the request carries.
    pub(super) credential: bool,
    /// It looks at who the caller is.
    pub(super) user: bool,
    /// It calls something whose name says that it checks.
    pub(super) checks: bool,
    /// It takes a password: it signs a caller in.
    pub(super) password: bool,
    /// It is about forged requests, not about identity.
    pub(super) forgery: bool,
    /// Its name says so.
    pub(super) about_forgery: bool,
    pub(super) redirects: bool,
    pub(super) login: bool,
    /// It breaks off for who is not known.
    pub(super) sends_away: bool,
    /// It, or what it calls, makes what callers then prove an identity with.
    pub(super) issues: bool,
    /// It calls something that by its name checks who calls, looks at it and refuses.
    pub(super) inner_guard: bool,
    pub(super) schemes: Vec<(SmolStr, SmolStr)>,
    /// What it calls and depends on.
    pub(super) inner: Ruling,
    pub(super) inner_proof: bool,
    /// What it calls reads a credential that the request carries.
    pub(super) inner_credential: bool,
    /// Its first tests refuse who is not known.
    pub(super) turns_away: bool,
    /// It throws.
    pub(super) throws: bool,
    /// It answers something else than a plain yes.
    pub(super) answers: bool,
    /// It calls what it overrides.
    pub(super) asks_super: bool,
    /// It hands the request to something that could not be followed.
    pub(super) hands_on: Option<SmolStr>,
    /// What it does depends on the path of the request (its own code), on marks of the route (it or what it calls).
    pub(super) looks: bool,
    /// What it calls depends on the path.
    pub(super) inner_looks: bool,
    pub(super) marks: bool,
    /// It lets pass who proves nothing; whether it may refuse them by its answer.
    pub(super) offers: Option<bool>,
    /// That is so where what callers are compared with is not set.
    pub(super) unset: bool,
    /// Why it lets a route pass.
    pub(super) lifted: Option<SmolStr>,
    pub(super) roles: Vec<SmolStr>,
    /// Where it checks, until that is settled.
    pub(super) checked: Checks,
    /// Every way through it meets a check.
    pub(super) sure: bool,
}

impl Reading {
    /// It looks at something that proves an identity.
    pub(super) fn proof(&self) -> bool {
        self.credential || self.user || self.inner_proof
    }
    pub(super) fn scheme(&mut self, kind: &'static str, name: &str) {
        if !self.schemes.iter().any(|(k, _)| k == kind) {
            self.schemes.push((SmolStr::new_static(kind), SmolStr::new(name)));
        }
    }
    pub(super) fn denies(&mut self, status: u16) {
        self.denies = Some(self.denies.map_or(status, |s| s.min(status)));
    }
    /// Finds whether every way through the code meets a check.
    pub(super) fn settle(&mut self, tree: &Module, f: FunctionId, dead: &[Span]) {
        let checked = std::mem::take(&mut self.checked);
        self.sure |= all_check(tree, f, &checked, dead);
    }
    /// As middleware, dependency, decorator or extractor.
    pub(super) fn as_guard(&self) -> Ruling {
        let denies = self.denies.or((self.redirects && self.login && self.proof() || self.sends_away).then_some(401));
        let says = match denies {
            _ if self.about_forgery => Says::Nothing,
            _ if self.inner.says == Says::Required => Says::Required,
            Some(401) if !self.password || self.credential => Says::Required,
            Some(_) if (self.proof() || self.checks) && !self.forgery => Says::Required,
            _ if self.credential || self.inner.says == Says::Optional => Says::Optional,
            _ if self.inner.says == Says::Unread => Says::Unread,
            _ => Says::Nothing,
        };
        self.ruling(if self.offers.is_some() { says.min(Says::Optional) } else { says })
    }
    /// As a test that answers yes, answers no, or throws (`canActivate`).
    pub(super) fn as_answer(&self) -> Ruling {
        let said = self.as_guard();
        match &self.hands_on {
            _ if said.says >= Says::Unread => said,
            _ if !self.answers && !self.throws || self.offers == Some(false) => said,
            _ if self.proof() || self.checks => self.ruling(Says::Required),
            Some(label) => Ruling::unread(format!("it hands the request to `{label}`, which could not be followed")),
            None => said,
        }
    }
    /// Whether it ever refuses: it throws, asks what it overrides, or answers a denial.
    pub(super) fn refuses(&self) -> bool {
        self.throws || self.asks_super || self.denies.is_some() || self.inner.says == Says::Required
    }
    /// As middleware, which sees every request: a refusal with 403 counts only beside a look of its own at who calls.
    pub(super) fn as_middleware(&self) -> Ruling {
        let looks = self.credential || self.user || self.inner.says >= Says::Optional;
        if self.denies == Some(403) && !looks { Ruling::default() } else { self.as_guard() }
    }
    /// As a test that refuses by its answer (`has_permission`): it looks at who calls, or it stands aside.
    pub(super) fn as_test(&self) -> Ruling {
        let said = self.as_guard();
        if said.says < Says::Required && self.proof() { self.ruling(Says::Required) } else { said }
    }
    /// As code that makes who calls from the request, or fails.
    pub(super) fn as_test_of_caller(&self) -> Ruling {
        self.ruling(Says::Required)
    }
    /// As the body of a handler: only a check of the caller counts, not that of a password it was sent.
    pub(super) fn as_handler(&self) -> Ruling {
        let says = match self.denies {
            _ if self.offers.is_some() && !self.unset => Says::Nothing,
            _ if self.turns_away || self.inner.says == Says::Required && self.inner_proof => Says::Required,
            _ if self.password && !self.inner_credential => Says::Nothing,
            Some(_) if self.credential || self.user || self.inner_proof => Says::Required,
            None if self.redirects && self.login && self.user || self.sends_away => return self.ruling(Says::Required),
            _ => Says::Nothing,
        };
        // A check that only some requests meet, or that is only there where a setting is.
        let is_partial = says == Says::Required && (self.unset || !self.turns_away && !self.sure);
        self.ruling(if is_partial { Says::Optional } else { says })
    }
    fn ruling(&self, says: Says) -> Ruling {
        if says == Says::Nothing {
            return match &self.lifted {
                Some(why) => Ruling::passed(why.clone()),
                None => Ruling::default(),
            };
        }
        let mut out =
            Ruling { says, inferred: true, schemes: self.schemes.clone(), reason: self.inner.reason.clone(), ..Ruling::default() };
        if self.unset && says == Says::Optional {
            out.reason = Some("it lets everyone pass where the secret of its settings is not set".into());
        }
        if says == Says::Required {
            out.roles.clone_from(&self.roles);
        }
        out.merge_proof(&self.inner);
        let is_jwt = out.schemes.iter().any(|(k, _)| k == "jwt");
        out.schemes.retain(|(k, _)| !(is_jwt && k == "bearer"));
        if out.schemes.is_empty() && says != Says::Unread {
            out.schemes.push((SmolStr::new_static(if self.user { "session" } else { "custom" }), SmolStr::default()));
        }
        out
    }
}
