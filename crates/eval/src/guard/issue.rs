//! Handlers where callers get an identity: they sign a token, open a session, or speak a protocol of sign-in. What those
//! refuse is what they were sent for it (a code, a link, a refresh token), which is no guard; only a look at who calls is.

use super::names;
use super::reading::Reading;
use super::signs::{USERS, called_name, gives_request, takes_request};
use crate::value::Closure;
use crate::walk::plain_text;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId, FunctionId, Module, Pattern, Stmt, StmtId};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Parameters that only requests of sign-in have: RFC 6749, sections 4 and 5; RFC 7636; RFC 8628; SAML 2.0 bindings, section 3.5.
const PROTOCOL: &[&str] =
    &["grant_type", "redirect_uri", "response_type", "code_verifier", "code_challenge", "device_code", "samlresponse"];
/// Parameters that they have beside those, of which one alone tells nothing.
const BESIDE: &[&str] =
    &["client_id", "client_secret", "code", "state", "refresh_token", "token_type_hint", "id_token", "relaystate", "scope"];
/// Verbs of functions that make a token.
const MAKES: &[&str] = &["create", "generate", "issue", "make", "mint", "sign", "encode", "build"];
/// Words of tokens that prove nothing of who calls, or that are sent elsewhere.
const OTHER_TOKENS: &[&str] =
    &["csrf", "xsrf", "reset", "verification", "verify", "confirm", "confirmation", "invite", "invitation", "unsubscribe"];
/// Functions that open a session for somebody, of whatever they hang on.
const OPENS: &[&str] = &["login_user", "loginuser", "log_user_in", "loguserin", "login_and_redirect"];

impl World<'_> {
    /// Whether callers get an identity from a handler, which does not look at one.
    pub(super) fn gives_identity(&self, f: &Rc<Closure>, name: &str, reading: &Reading) -> bool {
        let tree = &self.module(f.module).tree;
        let (mut exprs, mut binds) = (Vec::new(), Vec::new());
        crate::walk::with_bindings(tree, f.function, &mut |e| exprs.push(e), &mut binds);
        (names::gives_token(name) || reading.issues || takes_protocol(tree, f.function, &exprs, &binds))
            && !asks_caller(tree, &exprs, &binds)
    }
}

/// Whether code makes what callers then prove an identity with: it signs a token, or opens a session.
pub(super) fn issues(tree: &Module, exprs: &[ExprId]) -> bool {
    exprs.iter().any(|id| {
        let Expr::Call { callee, args, .. } = tree.expr(*id) else { return false };
        match tree.expr(*callee) {
            Expr::Attr(base, name) => makes_token(name) || opens(name) || of_tokens(tree, *base, name) || signs_in(tree, *base, name, args),
            Expr::Name(name) => makes_token(name) || opens(name) || name == "SignJWT",
            _ => false,
        }
    })
}

/// `jwt.encode(..)`, `jwt.sign(..)`, `this.jwtService.signAsync(..)`.
fn of_tokens(tree: &Module, base: ExprId, name: &str) -> bool {
    let (Expr::Name(of) | Expr::Attr(_, of)) = tree.expr(base) else { return false };
    let of = of.to_ascii_lowercase();
    let of_jwt = of.contains("jwt") || of.contains("jose");
    of_jwt && matches!(name, "encode" | "sign" | "signAsync" | "sign_async")
        || of.contains("token") && matches!(name, "sign" | "issue" | "mint")
}

/// `req.login(user, ..)`, `auth.login(request, user)`.
fn signs_in(tree: &Module, base: ExprId, name: &str, args: &[Arg]) -> bool {
    let of_request = matches!(name, "login" | "logIn") && gives_request(tree, base) && !args.is_empty();
    let by_library = name == "login" && args.len() > 1 && matches!(tree.expr(base), Expr::Name(n) if n == "auth" || n == "django_auth");
    of_request || by_library
}

/// `create_access_token`, `generateJwt`, but no `create_csrf_token`.
fn makes_token(name: &str) -> bool {
    let all = names::words(name);
    let has = |any: &[&str]| all.iter().any(|w| any.contains(&w.as_str()));
    has(MAKES) && has(&["token", "tokens", "jwt"]) && !has(OTHER_TOKENS)
}

fn opens(name: &str) -> bool {
    OPENS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a handler takes what only requests of a protocol of sign-in carry.
pub(super) fn takes_protocol(tree: &Module, function: FunctionId, exprs: &[ExprId], binds: &[StmtId]) -> bool {
    let mut words: FxHashSet<String> = FxHashSet::default();
    let mut add = |name: &str| {
        words.insert(name.to_ascii_lowercase());
    };
    for param in &tree.function(function).params {
        if let Some(name) = crate::interp::function::param_name(&param.pattern) {
            add(&name);
        }
    }
    for id in exprs {
        match tree.expr(*id) {
            Expr::Attr(base, name) if is_sent(tree, *base) => add(name),
            Expr::Index(base, key) if is_sent(tree, *base) => add(plain_text(tree, *key).unwrap_or_default()),
            Expr::Call { callee, args, .. } => {
                if let (Expr::Attr(base, _), Some(Arg::Positional(key))) = (tree.expr(*callee), args.first())
                    && is_sent(tree, *base)
                {
                    add(plain_text(tree, *key).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    for stmt in binds {
        if let Stmt::Bind { target: Pattern::Object(fields), value: Some(value), .. } = tree.stmt(*stmt)
            && is_sent(tree, *value)
        {
            fields.iter().for_each(|(key, _)| add(key));
        }
    }
    let count = |list: &[&str]| list.iter().filter(|w| words.contains(**w)).count();
    let pair = words.contains("code") && words.contains("state");
    count(PROTOCOL) + count(BESIDE) > 1 && (count(PROTOCOL) > 0 || pair)
}

/// Whether an expression is what a request carries in its body, query or form.
fn is_sent(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Wrap(_, inner) => is_sent(tree, *inner),
        Expr::Name(name) | Expr::Attr(_, name) => matches!(
            name.as_str(),
            "query" | "body" | "args" | "form" | "values" | "query_params" | "searchParams" | "GET" | "POST" | "params"
        ),
        Expr::Call { callee, .. } => {
            matches!(tree.expr(*callee), Expr::Attr(_, n) if matches!(n.as_str(), "json" | "form" | "formData" | "get_json"))
        }
        _ => false,
    }
}

/// Whether code looks by itself at who calls: the user of the request, a session's user, a header or cookie that proves one.
/// A refresh token is what is sent for the next one.
pub(super) fn asks_caller(tree: &Module, exprs: &[ExprId], binds: &[StmtId]) -> bool {
    let set: FxHashSet<ExprId> = binds
        .iter()
        .filter_map(|s| match tree.stmt(*s) {
            Stmt::Bind { target: Pattern::Place(place), .. } => Some(*place),
            _ => None,
        })
        .collect();
    exprs.iter().filter(|id| !set.contains(id)).any(|id| match tree.expr(*id) {
        Expr::Name(name) => name == "current_user",
        Expr::Attr(base, name) => {
            let flat = name.to_ascii_lowercase();
            gives_request(tree, *base) && (USERS.contains(&flat.as_str()) || flat == "authorization")
                || holds_proofs(tree, *base) && is_proof(&flat)
        }
        Expr::Index(base, key) => holds_proofs(tree, *base) && plain_text(tree, *key).is_some_and(is_proof),
        Expr::Call { callee, args, .. } if checks_request(tree, *callee, args) => true,
        Expr::Call { callee, args, .. } => match (tree.expr(*callee), args.first()) {
            (Expr::Attr(base, name), Some(Arg::Positional(key)))
                if matches!(name.as_str(), "get" | "header" | "get_header" | "getHeader") =>
            {
                (holds_proofs(tree, *base) || gives_request(tree, *base)) && plain_text(tree, *key).is_some_and(is_proof)
            }
            _ => false,
        },
        _ => false,
    })
}

/// `self.is_authorized(request)`, `verifyToken(req)`, but no `authorize(request, client)` of a protocol, and no check of a password.
fn checks_request(tree: &Module, callee: ExprId, args: &[Arg]) -> bool {
    let takes_password = args.iter().any(|a| matches!(a, Arg::Named(name, _) if name.contains("password")));
    takes_request(tree, args)
        && !takes_password
        && called_name(tree, callee).is_some_and(|n| names::guards(&n) && !names::words(&n).iter().any(|w| w == "authorize"))
}

/// Whether an expression is the headers, cookies or session of a request.
fn holds_proofs(tree: &Module, id: ExprId) -> bool {
    matches!(tree.expr(id), Expr::Name(n) | Expr::Attr(_, n) if matches!(n.as_str(), "headers" | "cookies" | "signedCookies" | "session"))
}

/// Whether a header, cookie or key of a session of this name tells who calls.
fn is_proof(name: &str) -> bool {
    let flat = name.to_ascii_lowercase();
    let is_key = flat.contains("api-key") || flat.contains("apikey") || flat == "authorization";
    !names::is_about_forgery(&flat) && !flat.contains("refresh") && (is_key || names::is_identity(&flat))
}
