//! The answers that a handler's code states: literal statuses of what it returns, raises and sets, marks that declare them,
//! and what the framework answers by itself (the `answers` of models).
//!
//! Only the handler's own code is read. A status that is computed stays out, as does one that something is compared with.

use super::types::Ty;
use crate::evaluate::Family;
use crate::models::{AnswerMark, Answers};
use crate::output::{Inputs, Response};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Entry, Expr, ExprId, Item, ListKind, Module, Pattern, Stmt, StrPart};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What carries constants that are statuses.
const CONSTANTS: &[&str] = &["StatusCode", "HTTPStatus", "HttpStatus", "HttpStatusCode", "status", "Status", "http_status", "codes"];
/// Calls whose first argument is a status.
const FIRST: &[&str] = &[
    "HTTPException",
    "HttpException",
    "HTTPError",
    "HttpError",
    "abort",
    "sendStatus",
    "writeHead",
    "createError",
    "createHttpError",
    "set_status",
    "setStatus",
    "setResponseStatus",
    "StreamResponse",
];
/// The same, of what answers (`res.status(404)`).
const FIRST_OF_ANSWER: &[&str] = &["status", "code", "throw", "error", "redirect"];
/// Names of what answers.
const ANSWERS: &[&str] = &["res", "response", "resp", "reply", "rep", "ctx", "c", "h", "set", "context"];
/// Calls whose second argument may be a status.
const SECOND: &[&str] = &["json", "text", "html", "body", "make_response", "Response", "JSONResponse", "redirect", "jsonify", "fail"];
/// Reason phrases (RFC 9110, section 15) without spaces, in lower case.
const PHRASES: &[(&str, u16)] = &[
    ("ok", 200),
    ("created", 201),
    ("accepted", 202),
    ("nonauthoritativeinformation", 203),
    ("nocontent", 204),
    ("resetcontent", 205),
    ("partialcontent", 206),
    ("multistatus", 207),
    ("movedpermanently", 301),
    ("permanentredirect", 308),
    ("found", 302),
    ("seeother", 303),
    ("notmodified", 304),
    ("temporaryredirect", 307),
    ("badrequest", 400),
    ("unauthorized", 401),
    ("paymentrequired", 402),
    ("forbidden", 403),
    ("notfound", 404),
    ("methodnotallowed", 405),
    ("notallowed", 405),
    ("notacceptable", 406),
    ("requesttimeout", 408),
    ("conflict", 409),
    ("gone", 410),
    ("lengthrequired", 411),
    ("preconditionfailed", 412),
    ("payloadtoolarge", 413),
    ("contenttoolarge", 413),
    ("requestentitytoolarge", 413),
    ("unsupportedmediatype", 415),
    ("rangenotsatisfiable", 416),
    ("expectationfailed", 417),
    ("imateapot", 418),
    ("misdirectedrequest", 421),
    ("unprocessableentity", 422),
    ("unprocessablecontent", 422),
    ("locked", 423),
    ("faileddependency", 424),
    ("toomanyrequests", 429),
    ("internalservererror", 500),
    ("servererror", 500),
    ("notimplemented", 501),
    ("badgateway", 502),
    ("serviceunavailable", 503),
    ("gatewaytimeout", 504),
    ("insufficientstorage", 507),
];

impl World<'_> {
    /// Adds the answers of a handler that nothing has declared yet.
    pub(super) fn stated_answers(&mut self, f: &Rc<Closure>, answers: &Answers, methods: &[SmolStr], out: &mut Inputs) {
        let marked = self.marked_answers(f, answers, out);
        let tree = self.module(f.module).tree.clone();
        let function = tree.function(f.function);
        let mut found = BTreeSet::new();
        if !function.body.is_empty() {
            let (mut exprs, mut binds) = (Vec::new(), Vec::new());
            crate::walk::with_bindings(&tree, f.function, &mut |e| exprs.push(e), &mut binds);
            let compared = crate::guard::compared(&tree, &exprs);
            let reader = Statuses { tree: &tree, answers, family: self.family };
            exprs.iter().filter(|e| !compared.contains(e)).for_each(|e| reader.expr(*e, &mut found));
            binds.iter().for_each(|s| reader.set(*s, &mut found));
            reader.returned(&function.body, &mut found);
        }
        let succeeds = |s: &u16| (200..400).contains(s);
        let has_success = marked || out.responses.iter().any(|r| succeeds(&r.status)) || found.iter().any(succeeds);
        if !has_success {
            let name = function.name.as_deref().unwrap_or_default();
            let by_method = methods.first().filter(|_| methods.len() == 1).and_then(|m| answers.by_method.get(m.as_str()));
            let status = answers.by_handler.get(name).or(by_method).copied().or(answers.default);
            if let Some(status) = status {
                let schema = self.returned_schema(f);
                out.answer(status, schema, false);
            }
        } else if let [only] = found.iter().filter(|s| succeeds(s)).collect::<Vec<_>>().as_slice()
            && out.responses.iter().all(|r| !succeeds(&r.status))
        {
            let schema = self.returned_schema(f);
            out.answer(**only, schema, true);
        }
        found.into_iter().for_each(|status| out.answer(status, json!({}), true));
        let takes = !out.parameters.is_empty() || !out.bodies.is_empty();
        if let Some(status) = answers.invalid.filter(|_| takes) {
            out.answer(status, json!({}), false);
        }
        out.responses.sort_by_key(|r| r.status);
    }

    /// What marks on a handler declare; whether one of them is a success.
    fn marked_answers(&mut self, f: &Rc<Closure>, answers: &Answers, out: &mut Inputs) -> bool {
        if answers.marks.is_empty() {
            return false;
        }
        let mut succeeds = false;
        for mark in f.marks.borrow().clone() {
            let Some(model) = mark.symbol.as_ref().and_then(|s| answers.marks.iter().find(|m| m.symbol.iter().any(|o| o == s))) else {
                continue;
            };
            for (status, schema) in self.mark_says(model, &mark.args) {
                succeeds |= (200..400).contains(&status);
                let schema = match schema {
                    Some(schema) => schema,
                    None if (200..300).contains(&status) => self.returned_schema(f),
                    None => json!({}),
                };
                out.answer(status, schema, false);
            }
        }
        succeeds
    }

    fn mark_says(&mut self, model: &AnswerMark, args: &Args) -> Vec<(u16, Option<Json>)> {
        let mut one = |place: &Option<crate::models::Place>| self.places(place, args, None).into_iter().next();
        let (status, ty, table) = (one(&model.status), one(&model.model), one(&model.responses));
        let mut out = Vec::new();
        if let Some(table) = table {
            for (key, value) in self.status_pairs(&table) {
                let ty = self.type_of_value(&value, 0);
                out.push((key, ty.map(|t| self.schema(&t, 0))));
            }
        }
        let status = status.and_then(|v| self.status_of(&v)).or(model.code);
        if let Some(status) = status {
            let ty = ty.and_then(|v| self.type_of_value(&v, 0));
            out.push((status, ty.map(|t| self.schema(&t, 0))));
        }
        out
    }

    fn status_pairs(&mut self, table: &Value) -> Vec<(u16, Value)> {
        let Value::Dict(dict) = self.force(table) else { return Vec::new() };
        let entries: Vec<(Value, Value)> = dict.entries.borrow().values().cloned().collect();
        entries.into_iter().filter_map(|(key, value)| Some((self.status_of(&key)?, value))).collect()
    }

    /// The schema of what a handler's return type holds, if it says more than how to answer.
    fn returned_schema(&mut self, f: &Rc<Closure>) -> Json {
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let Some(ty) = tree.function(f.function).returns.map(|t| self.type_at(&cx, t, 0)) else { return json!({}) };
        match self.answered_type(&ty, 0) {
            Some(ty) => self.schema(&ty, 0),
            None => json!({}),
        }
    }

    /// What is sent of a return type: behind promises, results and wrappers of JSON.
    fn answered_type(&mut self, ty: &Ty, depth: u32) -> Option<Ty> {
        if depth > 6 {
            return None;
        }
        match ty {
            Ty::Apply(_, args) => match ty.last() {
                "Promise" | "Observable" | "Result" | "Json" | "Awaitable" | "Coroutine" => self.answered_type(args.first()?, depth + 1),
                _ if self.family == Family::Rust => {
                    matches!(ty.last(), "Vec" | "HashMap" | "BTreeMap").then(|| ty.clone()).filter(|_| depth > 0)
                }
                _ => Some(ty.clone()),
            },
            Ty::Class(..) if self.family == Family::Rust && depth == 0 => None,
            Ty::Class(..) => Some(ty.clone()),
            // Plain types only where they are wrapped or the language says what is sent.
            _ if self.family == Family::JavaScript && !super::told::is_answer(ty) => {
                (!matches!(ty.last(), "void" | "undefined" | "never" | "unknown")).then(|| ty.clone())
            }
            _ => None,
        }
    }
}

impl Inputs {
    /// Adds an answer, once for each status; a schema is added where there was none.
    pub(super) fn answer(&mut self, status: u16, schema: Json, inferred: bool) {
        let says = schema.as_object().is_some_and(|o| !o.is_empty());
        match self.responses.iter_mut().find(|r| r.status == status) {
            Some(known) if says && known.schema.as_object().is_none_or(|o| o.is_empty()) => {
                known.schema = schema;
                known.content_type = Some("application/json".into());
            }
            Some(_) => {}
            None => {
                let content_type = says.then(|| SmolStr::new_static("application/json"));
                self.responses.push(Response { status, content_type, schema, inferred });
            }
        }
    }
}

/// A handler's code while it is read for statuses.
struct Statuses<'t> {
    tree: &'t Module,
    answers: &'t Answers,
    family: Family,
}

impl Statuses<'_> {
    fn expr(&self, id: ExprId, out: &mut BTreeSet<u16>) {
        match self.tree.expr(id) {
            Expr::Attr(..) => out.extend(self.constant(id)),
            Expr::Name(name) => out.extend(self.answers.calls.get(name.as_str()).filter(|_| name.starts_with(char::is_uppercase))),
            Expr::Call { callee, args, .. } => self.call(*callee, args, out),
            Expr::Assign(target, value, _) => self.assigned(target, *value, out),
            _ => {}
        }
    }

    fn call(&self, callee: ExprId, args: &[Arg], out: &mut BTreeSet<u16>) {
        let (Expr::Name(name) | Expr::Attr(_, name)) = self.tree.expr(callee) else { return };
        let base = match self.tree.expr(callee) {
            Expr::Attr(base, _) => self.last(*base),
            _ => None,
        };
        let at = |n: usize| args.iter().filter_map(|a| if let Arg::Positional(e) = a { Some(*e) } else { None }).nth(n);
        let first = at(0).and_then(|e| self.status(e));
        let of_answer = base.is_some_and(|b| ANSWERS.contains(&b));
        let named = args.iter().find_map(|a| match a {
            Arg::Named(key, value) if matches!(key.as_str(), "status_code" | "status" | "code") => Some(*value),
            _ => None,
        });
        let answers = is_answering(name);
        let mut said: Option<u16> = named.filter(|_| answers).and_then(|e| self.status(e));
        if FIRST.contains(&name.as_str()) || of_answer && FIRST_OF_ANSWER.contains(&name.as_str()) {
            said = said.or(first);
        }
        if SECOND.contains(&name.as_str()) || name.ends_with("Response") {
            said = said.or_else(|| at(1).and_then(|e| self.number(e)));
        }
        if answers || of_answer || SECOND.contains(&name.as_str()) || name == "error" {
            said = said.or_else(|| args.iter().find_map(|a| if let Arg::Positional(e) = a { self.in_options(*e) } else { None }));
        }
        out.extend(said);
        if said.is_none() {
            let by_base = base.and_then(|b| self.answers.calls.get(format!("{b}.{name}").as_str()));
            out.extend(by_base.or_else(|| self.answers.calls.get(name.as_str())));
            out.extend(phrase_of_call(name, base));
        }
    }

    /// `{ status: 404 }`
    fn in_options(&self, id: ExprId) -> Option<u16> {
        let Expr::Dict(entries, _) = self.tree.expr(id) else { return None };
        entries.iter().find_map(|entry| match entry {
            Entry::Pair(key, value) => {
                let is_status = match self.tree.expr(*key) {
                    Expr::Name(n) => matches!(n.as_str(), "status" | "statusCode"),
                    Expr::Str(parts) => matches!(parts.as_slice(), [StrPart::Text(t)] if t == "status" || t == "statusCode"),
                    _ => false,
                };
                is_status.then(|| self.status(*value)).flatten()
            }
            _ => None,
        })
    }

    /// `res.statusCode = 404`, `ctx.status = 404`
    fn set(&self, stmt: apicensus_syntax::StmtId, out: &mut BTreeSet<u16>) {
        if let Stmt::Bind { target, value: Some(value), .. } = self.tree.stmt(stmt) {
            self.assigned(target, *value, out);
        }
    }

    fn assigned(&self, target: &Pattern, value: ExprId, out: &mut BTreeSet<u16>) {
        let Pattern::Place(place) = target else { return };
        let Expr::Attr(base, name) = self.tree.expr(*place) else { return };
        if matches!(name.as_str(), "status" | "statusCode" | "status_code") && self.last(*base).is_some_and(|b| ANSWERS.contains(&b)) {
            out.extend(self.status(value));
        }
    }

    /// `return {..}, 404` of Python.
    fn returned(&self, body: &[apicensus_syntax::StmtId], out: &mut BTreeSet<u16>) {
        if self.family != Family::Python {
            return;
        }
        for stmt in body {
            match self.tree.stmt(*stmt) {
                Stmt::Return(Some(value)) => {
                    if let Expr::List(ListKind::Tuple, items) = self.tree.expr(*value)
                        && let [_, Item::One(second), ..] = items.as_slice()
                    {
                        out.extend(self.status(*second));
                    }
                }
                Stmt::If { then, other, .. } => {
                    self.returned(then, out);
                    self.returned(other, out);
                }
                Stmt::Try { body, handlers, other, last } => {
                    [body, other, last].into_iter().for_each(|b| self.returned(b, out));
                    handlers.iter().for_each(|h| self.returned(&h.body, out));
                }
                Stmt::For { body, .. } | Stmt::While { body, .. } | Stmt::Block(body) | Stmt::With { body, .. } => self.returned(body, out),
                Stmt::Switch { cases, .. } => cases.iter().for_each(|c| self.returned(&c.body, out)),
                _ => {}
            }
        }
    }

    fn status(&self, id: ExprId) -> Option<u16> {
        self.number(id).or_else(|| self.constant(id))
    }

    fn number(&self, id: ExprId) -> Option<u16> {
        match self.tree.expr(id) {
            Expr::Number(n) if n.fract() == 0.0 && (200.0..600.0).contains(n) => Some(*n as u16),
            Expr::Wrap(_, inner) => self.number(*inner),
            _ => None,
        }
    }

    /// `StatusCode::NOT_FOUND`, `status.HTTP_404_NOT_FOUND`, `HttpStatus.NotFound`.
    fn constant(&self, id: ExprId) -> Option<u16> {
        let Expr::Attr(base, name) = self.tree.expr(id) else { return None };
        if !self.last(*base).is_some_and(|b| CONSTANTS.contains(&b)) || !name.starts_with(char::is_uppercase) {
            return None;
        }
        let digits = name.split('_').find_map(|part| part.parse::<u16>().ok());
        digits.filter(|s| (200..600).contains(s)).or_else(|| phrase(name))
    }

    fn last(&self, id: ExprId) -> Option<&str> {
        match self.tree.expr(id) {
            Expr::Name(name) | Expr::Attr(_, name) => Some(name),
            Expr::Wrap(_, inner) => self.last(*inner),
            Expr::Call { callee, .. } => match self.tree.expr(*callee) {
                Expr::Attr(base, _) => self.last(*base),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether something of this name makes an answer or an error.
fn is_answering(name: &str) -> bool {
    let flat = name.to_ascii_lowercase();
    ["response", "exception", "error", "httpresponse"].iter().any(|end| flat.ends_with(end)) || flat == "abort" || flat == "reply"
}

/// The status that the name of a call is: `HttpResponse::NotFound()`, `NotFoundException()`, `HTTPNotFound()`, `ErrorNotFound()`.
fn phrase_of_call(name: &str, base: Option<&str>) -> Option<u16> {
    if base.is_some_and(|b| b.ends_with("Response")) {
        return phrase(name);
    }
    let rest = name.strip_prefix("HttpResponse").or_else(|| name.strip_prefix("HTTP")).or_else(|| name.strip_suffix("Exception"));
    let rest = rest.or_else(|| name.strip_prefix("Error").filter(|_| base.is_some_and(|b| b == "error")));
    rest.filter(|r| !r.is_empty()).and_then(phrase)
}

pub(super) fn phrase(name: &str) -> Option<u16> {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    PHRASES.iter().find(|(word, _)| *word == flat).map(|(_, status)| *status)
}

/// The answer of a handler that a class of the framework has.
pub(super) fn inherited(answers: &Answers, name: &str, out: &mut Inputs) {
    let has_success = out.responses.iter().any(|r| (200..400).contains(&r.status));
    let status = answers.inherited.get(name).or(answers.by_handler.get(name)).copied();
    // Without a word for any of them nothing is known of the framework's own handlers.
    if let Some(status) = status.or(answers.default).filter(|_| !has_success && !answers.inherited.is_empty()) {
        out.answer(status, json!({}), false);
    }
}

/// The answers that stand further out add to a route's: `APIRouter(responses=..)`.
impl World<'_> {
    pub(crate) fn outer_answers(&mut self, outer: &[Value], out: &mut Inputs) {
        for table in outer {
            for (status, value) in self.status_pairs(table) {
                let model = self.pairs(&value).into_iter().find(|p| p.0 == "model").map(|p| p.1);
                let ty = model.and_then(|m| self.type_of_value(&m, 0));
                let schema = ty.map_or_else(|| json!({}), |t| self.schema(&t, 0));
                if !out.responses.iter().any(|r| r.status == status) {
                    out.responses.push(Response { status, content_type: Some("application/json".into()), schema, inferred: false });
                }
            }
        }
        out.responses.sort_by_key(|r| r.status);
    }
}
