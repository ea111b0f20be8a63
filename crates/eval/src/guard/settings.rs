//! Controls that settings, class attributes and frameworks by themselves bring.

use super::controls::{Said, bringing};
use crate::models::ControlModel;
use crate::output::{ControlFact, GuardRef, Place};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// What a setting is.
enum Setting {
    /// The tree sets it.
    Set(Value),
    /// It has the framework's default.
    Absent,
    /// The settings are not in the tree, or do not agree.
    Unread,
}

impl World<'_> {
    /// The controls that an application brings by how it was made and set up.
    pub(crate) fn object_controls(&mut self, object: &Rc<Object>) -> Vec<GuardRef> {
        let Some(kind) = object.kind.get() else { return Vec::new() };
        let models = self.input.models;
        let mut out = Vec::new();
        let made_by = object.props.borrow().get("@symbol").and_then(Value::as_str);
        if let Some(symbol) = made_by.filter(|s| !models.controls.of_symbol(self.family.language(), s).is_empty()) {
            let args = object.args.borrow().clone();
            let said = self.controls_of(&super::controls::made_of(symbol.clone(), args), 0);
            if !said.facts.is_empty() {
                out.push(bringing(symbol, object.site, "application", said));
            }
        }
        if models.role(kind).root {
            let framework = &models.model(kind.model).framework;
            let facts = models.controls.others(self.family.language());
            for fact in facts.filter(|f| f.setting.is_some() && f.framework.contains(framework)) {
                self.setting_controls(object, fact, &mut out);
            }
        }
        out
    }

    fn setting_controls(&mut self, object: &Rc<Object>, fact: &ControlModel, out: &mut Vec<GuardRef>) {
        let Some(name) = fact.setting.as_deref() else { return };
        let found = self.setting_value(object, name, fact.key.as_deref());
        let symbol = SmolStr::new(fact.key.as_deref().map_or_else(|| name.to_owned(), |key| format!("{name}.{key}")));
        let at = object.site;
        if fact.applied {
            self.applied_settings(found, symbol, at, out);
            return;
        }
        let mut one = ControlFact { control: SmolStr::new(&fact.control), ..ControlFact::default() };
        let value = match found {
            Setting::Absent => return,
            Setting::Unread => Value::unknown("", "", None),
            Setting::Set(value) => self.force(&value).plain(),
        };
        match value {
            Value::Null | Value::Bool(false) => return,
            Value::Bool(true) => {}
            Value::Unknown(_) | Value::Either(_) => one.doubt = Some(SmolStr::new(format!("the setting `{symbol}` is not known"))),
            Value::List(list) if list.items.borrow().is_empty() && !list.open.get() => return,
            Value::List(list) => {
                let items = list.items.borrow().clone();
                one.limits = items.iter().flat_map(|v| self.shown_last(v)).collect();
            }
            other => one.limits = self.shown_last(&other),
        }
        out.push(bringing(symbol, at, "application", Said { facts: vec![one], foreign: false }));
    }

    /// The last parts of the names that a value is.
    fn shown_last(&mut self, value: &Value) -> Vec<SmolStr> {
        let value = self.force(value).plain();
        let text = value.as_str().or_else(|| value.as_number().map(crate::text::number));
        let text = text.unwrap_or_else(|| self.label(&value));
        vec![SmolStr::new(text.rsplit('.').next().unwrap_or(&text))]
    }

    /// A list of names or classes that are applied to every request.
    fn applied_settings(&mut self, found: Setting, symbol: SmolStr, at: Place, out: &mut Vec<GuardRef>) {
        let value = match found {
            Setting::Set(value) => self.force(&value).plain(),
            Setting::Absent | Setting::Unread => Value::Null,
        };
        let Value::List(list) = &value else {
            out.push(bringing(symbol, at, "application", Said { foreign: true, ..Said::default() }));
            return;
        };
        if list.open.get() {
            out.push(bringing(symbol, at, "application", Said { foreign: true, ..Said::default() }));
        }
        let items = list.items.borrow().clone();
        for item in items {
            let item = self.force(&item);
            let name = item.as_str();
            let value = match &name {
                Some(name) => self.import_string(name, at).unwrap_or(Value::Symbol(name.clone())),
                None => item,
            };
            let said = self.controls_of(&value, 0);
            if said.foreign || !said.facts.is_empty() {
                let name = name.unwrap_or_else(|| self.label(&value));
                out.push(bringing(name, at, "application", said));
            }
        }
    }

    fn setting_value(&mut self, object: &Rc<Object>, name: &str, key: Option<&str>) -> Setting {
        let Some((holder, last)) = name.rsplit_once('.') else { return Setting::Unread };
        let value = if holder == "config" {
            match object.props.borrow().get(format!("@{name}").as_str()).cloned() {
                Some(value) => value,
                None => return Setting::Absent,
            }
        } else if crate::natives::is_unset(self, holder, last) {
            return Setting::Absent;
        } else {
            match crate::natives::configured(self, holder, last) {
                Some(value) => value,
                None => return Setting::Unread,
            }
        };
        let Some(key) = key else { return Setting::Set(value) };
        match self.force(&value).plain() {
            Value::Dict(dict) => match dict.get(key) {
                Some(value) => Setting::Set(value),
                None if dict.open.get() => Setting::Unread,
                None => Setting::Absent,
            },
            _ => Setting::Unread,
        }
    }

    /// The controls that class attributes of a handler bring: an empty list lifts them.
    pub(super) fn attribute_controls(&mut self, class: &Rc<ClassValue>, out: &mut Vec<GuardRef>) {
        let models = self.input.models;
        for fact in models.controls.others(self.family.language()) {
            let Some(name) = fact.attribute.as_deref() else { continue };
            let Some(value) = self.class_attr(class, name) else { continue };
            let value = self.force(&value).plain();
            let mut one = ControlFact { control: SmolStr::new(&fact.control), ..ControlFact::default() };
            match &value {
                Value::List(list) => {
                    let items = list.items.borrow().clone();
                    one.lifts = items.is_empty() && !list.open.get();
                    one.limits = items.iter().flat_map(|v| self.shown_last(v)).collect();
                }
                Value::Unknown(_) => one.doubt = Some(SmolStr::new(format!("`{name}` of the class is not known"))),
                _ => continue,
            }
            out.push(bringing(SmolStr::new(name), class.at, "class", Said { facts: vec![one], foreign: false }));
        }
    }

    /// The controls of a framework by itself: those that others overrule, and those that overrule others.
    pub(crate) fn framework_controls(&mut self, framework: &str, at: Place) -> [Vec<GuardRef>; 2] {
        let models = self.input.models;
        let mut out = [Vec::new(), Vec::new()];
        for fact in models.controls.others(self.family.language()) {
            if fact.setting.is_some() || fact.attribute.is_some() || !fact.framework.iter().any(|f| f == framework) {
                continue;
            }
            let mut one = self.fact(fact);
            one.limits.extend(fact.default_limits.as_deref().map(SmolStr::new));
            let said = Said { facts: vec![one], foreign: false };
            out[usize::from(fact.last)].push(bringing(SmolStr::new(framework), at, "application", said));
        }
        out
    }
}
