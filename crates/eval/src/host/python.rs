//! Python: built-ins, functools, itertools, os, importlib, dataclass and settings fields.

use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::ListKind;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    pub(crate) fn python_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let first = args.at(0).cloned();
        match symbol {
            "len" => match self.force(&first?) {
                Value::List(l) if !l.open.get() => Some(Value::Number(l.items.borrow().len() as f64)),
                Value::Dict(d) if !d.open.get() => Some(Value::Number(d.entries.borrow().len() as f64)),
                Value::Text(t) => t.known().map(|t| Value::Number(t.chars().count() as f64)),
                _ => None,
            },
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" | "deque" | "collections.deque" => {
                self.collection(symbol, args, at)
            }
            "dict"
            | "collections.OrderedDict"
            | "OrderedDict"
            | "collections.defaultdict"
            | "types.MappingProxyType"
            | "copy.copy"
            | "copy.deepcopy"
            | "collections.ChainMap" => self.dict_call(symbol, args, at),
            "str"
            | "os.fspath"
            | "pathlib.Path"
            | "Path"
            | "pathlib.PurePosixPath"
            | "os.path.abspath"
            | "os.path.realpath"
            | "os.path.normpath"
            | "os.path.expanduser"
            | "os.path.expandvars" => match args.items.len() {
                0 | 1 => {
                    let given = self.force(&first.unwrap_or_else(|| Value::text("")));
                    let text = Value::Text(Rc::new(self.to_text(&given, at)));
                    Some(if matches!(given, Value::Default(_)) { Value::Default(Rc::new(text)) } else { text })
                }
                _ => self.joined_path(args, at),
            },
            "os.path.join" | "posixpath.join" => self.joined_path(args, at),
            "os.path.dirname" => Some(Value::text(crate::files::parent(&first?.as_str()?))),
            "os.path.basename" => Some(Value::text(first?.as_str()?.rsplit('/').next().unwrap_or_default())),
            "urllib.parse.urljoin" | "urljoin" => self.joined_url(args, at),
            "int" | "float" => {
                let given = self.force(&first?);
                let number = given.as_number().or_else(|| given.as_str()?.parse().ok()).map(Value::Number)?;
                Some(if matches!(given, Value::Default(_)) { Value::Default(Rc::new(number)) } else { number })
            }
            "bool" => {
                let value = first?;
                self.truth(&value).map(Value::Bool)
            }
            "range" => self.range(args),
            "enumerate" => {
                let (items, open) = self.items_of(&first?, at);
                let start = args.get(1, "start").and_then(Value::as_number).unwrap_or(0.0);
                Some(with_open(
                    Value::list(
                        items.into_iter().enumerate().map(|(i, v)| Value::tuple(vec![Value::Number(i as f64 + start), v])).collect(),
                    ),
                    open,
                ))
            }
            "zip" | "itertools.zip_longest" => self.zip(args, at),
            "map" | "filter" => self.map_filter(symbol, args, at),
            "itertools.chain" | "itertools.chain.from_iterable" => {
                let lists = if symbol.ends_with("iterable") { self.items_of(&first?, at).0 } else { args.items.clone() };
                let mut all = Vec::new();
                let mut open = false;
                for list in lists {
                    let (items, more) = self.items_of(&list, at);
                    all.extend(items);
                    open |= more;
                }
                Some(with_open(Value::list(all), open))
            }
            "itertools.product" => self.product(args, at),
            "sum" => {
                let (items, _) = self.items_of(&first?, at);
                let mut total = args.get(1, "start").cloned().unwrap_or(Value::Number(0.0));
                for item in items {
                    total = self.binary(apicensus_syntax::BinaryOp::Add, &total, &item, at);
                }
                Some(total)
            }
            "any" | "all" => {
                let (items, open) = self.items_of(&first?, at);
                let answers: Vec<Option<bool>> = items.iter().map(|v| self.truth(v)).collect();
                let wanted = symbol == "any";
                if answers.contains(&Some(wanted)) {
                    Some(Value::Bool(wanted))
                } else if open || answers.contains(&None) {
                    None
                } else {
                    Some(Value::Bool(!wanted))
                }
            }
            "next" => match self.force(&first?) {
                Value::List(list) => list.items.borrow().first().cloned().or_else(|| args.at(1).cloned()),
                _ => args.at(1).cloned(),
            },
            "getattr" | "hasattr" | "setattr" | "operator.attrgetter" => self.attribute_call(symbol, args, at),
            "isinstance" | "issubclass" => self.instance_test(symbol, args),
            "callable" => Some(match self.force(&first?) {
                Value::Function(_) | Value::Class(_) | Value::BoundFunction(_) | Value::Pending(_) => Value::Bool(true),
                Value::Text(_) | Value::List(_) | Value::Dict(_) | Value::Null => Value::Bool(false),
                _ => return None,
            }),
            "type" => self.type_call(args, at),
            "vars" => self.get_attr(&first?, "__dict__", Some(at)),
            "dir" => {
                let value = first?;
                Some(self.names_of(&value))
            }
            "inspect.getmembers" => {
                let value = first?;
                let names = self.names_of(&value);
                let (names, _) = self.items_of(&names, at);
                let predicate = args.get(1, "predicate").cloned().filter(|p| !matches!(p, Value::Null));
                let mut members = Vec::new();
                for name in names {
                    let Some(member) = name.as_str().and_then(|n| self.get_attr(&value, &n, Some(at))) else { continue };
                    let wanted = match &predicate {
                        Some(predicate) => {
                            let answer = self.callback(predicate, vec![member.clone()], at);
                            self.truth(&answer) != Some(false)
                        }
                        None => true,
                    };
                    if wanted {
                        members.push(Value::tuple(vec![name, member]));
                    }
                }
                Some(Value::list(members))
            }
            "inspect.ismethod" => match self.force(&first?) {
                Value::BoundFunction(_) => Some(Value::Bool(true)),
                Value::Function(_)
                | Value::Class(_)
                | Value::Text(_)
                | Value::Number(_)
                | Value::List(_)
                | Value::Dict(_)
                | Value::Null => Some(Value::Bool(false)),
                _ => None,
            },
            "inspect.isclass" => Some(Value::Bool(matches!(self.force(&first?), Value::Class(_)))),
            "inspect.isfunction" | "inspect.iscoroutinefunction" | "asyncio.iscoroutinefunction" => match self.force(&first?) {
                Value::Function(f) => {
                    let is_async = self.module(f.module).tree.function(f.function).is_async;
                    Some(Value::Bool(symbol == "inspect.isfunction" || is_async))
                }
                Value::Class(_)
                | Value::Text(_)
                | Value::BoundFunction(_)
                | Value::Number(_)
                | Value::List(_)
                | Value::Dict(_)
                | Value::Null => Some(Value::Bool(false)),
                _ => None,
            },
            "functools.partial" => Some(Value::Method(Rc::new(Bound {
                receiver: first?,
                name: SmolStr::default(),
                args: Args { items: args.items.get(1..).unwrap_or_default().to_vec(), named: args.named.clone(), ..Args::default() },
            }))),
            "functools.reduce" => {
                let f = first?;
                let (items, _) = self.items_of(args.at(1)?, at);
                let mut all = items.into_iter();
                let mut value = args.at(2).cloned().or_else(|| all.next())?;
                for item in all {
                    value = self.callback(&f, vec![value, item], at);
                }
                Some(value)
            }
            "functools.update_wrapper" => {
                let inner = args.at(1).cloned();
                Some(self.wrapped(&first?, inner.as_ref()))
            }
            "functools.lru_cache"
            | "functools.cache"
            | "contextlib.contextmanager"
            | "contextlib.asynccontextmanager"
            | "functools.cached_property"
            | "typing.overload"
            | "functools.singledispatch"
            | "abc.abstractmethod" => first.filter(|v| matches!(v, Value::Function(_))),
            "typing.cast" => args.at(1).cloned(),
            "asyncio.run"
            | "asyncio.create_task"
            | "asyncio.ensure_future"
            | "asyncio.gather"
            | "anyio.run"
            | "asyncio.get_event_loop().run_until_complete" => match self.force(&first?) {
                f @ Value::Function(_) => Some(self.call_value(&f, Args::of(args.items.get(1..).unwrap_or_default().to_vec()), at)),
                other => Some(other),
            },
            "collections.namedtuple" | "typing.NamedTuple" | "namedtuple" => self.namedtuple(args, at),
            "dataclasses.field"
            | "pydantic.Field"
            | "pydantic.fields.Field"
            | "attr.ib"
            | "attrs.field"
            | "attr.attrib"
            | "pydantic.PrivateAttr"
            | "pydantic.v1.Field" => self.field(symbol, args, at),
            "re.compile" => Some(first?),
            "re.escape" => first,
            "re.sub" => self.regex_sub(args, at),
            "re.split" => self.regex_split(args),
            _ => self.python_environment(symbol, args, at),
        }
    }

    pub(crate) fn python_environment(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let first = args.at(0).cloned();
        match symbol {
            "os.getenv" | "os.environ.get" | "environ.get" | "os.environ.setdefault" | "os.environ.pop" => {
                let name = first.as_ref().and_then(Value::as_str).unwrap_or_default();
                match args.get(1, "default") {
                    Some(Value::Null) | None => Some(Value::unknown(name, "an environment variable without a default", Some(at))),
                    Some(default) => Some(Value::Default(Rc::new(default.clone()))),
                }
            }
            "importlib.import_module" | "__import__" | "import_module" => self.import_by_name(args, at),
            "django.utils.module_loading.import_string" | "werkzeug.utils.import_string" | "import_string" | "pydoc.locate" => {
                let name = first?.as_str()?;
                self.import_string(&name, at)
            }
            "importlib.util.find_spec" => {
                let name = first?.as_str()?;
                let from = self.module(self.budget.last().copied()?).file;
                match self.resolver.python(from, &name, 0) {
                    crate::resolve::Target::Missing => Some(Value::Null),
                    crate::resolve::Target::External(_) => None,
                    _ => Some(Value::text(name)),
                }
            }
            "pkgutil.iter_modules" | "pkgutil.walk_packages" => self.iter_modules(args, at),
            "glob.glob" | "glob.iglob" | "os.listdir" | "os.walk" | "os.scandir" | "os.path.exists" | "os.path.isdir"
            | "os.path.isfile" | "os.path.splitext" | "os.path.split" => self.folder_call(symbol, args, at),
            "print" | "warnings.warn" => Some(Value::Null),
            "globals" | "locals" => None,
            "decouple.config" => self.environment_reader(symbol, args, at),
            _ if symbol.starts_with("traitlets.") => self.traitlet(symbol, args, at),
            _ if symbol.starts_with("google.protobuf.") => self.protobuf_call(symbol, args, at),
            _ => self.data_call(symbol, args, at),
        }
    }

    pub(crate) fn collection(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let kind = match symbol {
            "tuple" => ListKind::Tuple,
            "set" | "frozenset" => ListKind::Set,
            _ => ListKind::List,
        };
        let (mut items, open) = args.at(0).map(|v| self.items_of(v, at)).unwrap_or_default();
        if symbol == "reversed" {
            items.reverse();
        }
        if symbol == "sorted" && args.named.is_empty() && items.iter().all(|v| v.as_str().is_some()) {
            items.sort_by_key(|v| v.as_str());
        }
        Some(with_open(Value::of_kind(kind, items), open))
    }

    pub(crate) fn dict_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let dict = Rc::new(Dict::default());
        let makes = symbol.ends_with("defaultdict");
        if makes {
            *dict.proto.borrow_mut() = args.at(0).cloned();
        }
        let items = if makes { args.items.get(1..).unwrap_or_default() } else { &args.items[..] };
        for item in items {
            match self.force(item) {
                Value::List(list) if symbol.starts_with("copy.") => {
                    return Some(with_open(Value::of_kind(list.kind, list.items.borrow().clone()), list.open.get()));
                }
                list @ Value::List(_) => {
                    for pair in self.items_of(&list, at).0 {
                        let (pair, _) = self.items_of(&pair, at);
                        if let [key, value] = pair.as_slice() {
                            dict.set(key, value.clone());
                        }
                    }
                }
                other @ (Value::Dict(_) | Value::Unknown(_)) => self.merge_into(&dict, &other),
                other if symbol.starts_with("copy.") => return Some(other),
                other => self.merge_into(&dict, &other),
            }
        }
        for (name, value) in &args.named {
            dict.set(&Value::text(name.clone()), value.clone());
        }
        dict.open.set(dict.open.get() || args.open_named);
        Some(Value::Dict(dict))
    }

    pub(crate) fn joined_path(&mut self, args: &Args, at: Place) -> Option<Value> {
        let mut all = Text::default();
        for item in &args.items {
            let text = self.to_text(item, at);
            if text.starts_with("/") == Some(true) {
                all = Text::default();
            } else if !all.is_empty() && all.ends_with("/") != Some(true) {
                all.push_str("/");
            }
            all.push(&text);
        }
        Some(Value::Text(Rc::new(all)))
    }

    pub(crate) fn joined_url(&mut self, args: &Args, at: Place) -> Option<Value> {
        let base = self.to_text(args.at(0)?, at);
        let path = self.to_text(args.at(1)?, at);
        if path.starts_with("/") == Some(true) {
            return Some(Value::Text(Rc::new(path)));
        }
        let mut all = base.map_end(|s| s.rfind('/').map_or("", |i| &s[..=i]).into());
        all.push(&path);
        Some(Value::Text(Rc::new(all)))
    }

    pub(crate) fn range(&mut self, args: &Args) -> Option<Value> {
        let numbers: Option<Vec<i64>> = args.items.iter().map(|v| v.as_number().map(|n| n as i64)).collect();
        let numbers = numbers?;
        let (from, to, step) = match numbers.as_slice() {
            [to] => (0, *to, 1),
            [from, to] => (*from, *to, 1),
            [from, to, step] if *step > 0 => (*from, *to, *step),
            _ => return None,
        };
        Some(Value::list((from..to).step_by(step as usize).take(1_000).map(|n| Value::Number(n as f64)).collect()))
    }

    pub(crate) fn zip(&mut self, args: &Args, at: Place) -> Option<Value> {
        let lists: Vec<(Vec<Value>, bool)> = args.items.iter().map(|v| self.items_of(v, at)).collect();
        let length = lists.iter().map(|(l, _)| l.len()).min()?;
        let open = lists.iter().any(|(_, o)| *o);
        Some(with_open(Value::list((0..length).map(|i| Value::tuple(lists.iter().map(|(l, _)| l[i].clone()).collect())).collect()), open))
    }

    pub(crate) fn product(&mut self, args: &Args, at: Place) -> Option<Value> {
        let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
        for arg in &args.items {
            let (items, _) = self.items_of(arg, at);
            rows = rows
                .iter()
                .flat_map(|r| items.iter().map(|i| r.iter().cloned().chain([i.clone()]).collect::<Vec<_>>()).collect::<Vec<_>>())
                .take(2_000)
                .collect();
        }
        Some(Value::list(rows.into_iter().map(Value::tuple).collect()))
    }

    pub(crate) fn map_filter(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let f = args.at(0)?.clone();
        let (items, open) = self.items_of(args.at(1)?, at);
        let mut out = Vec::new();
        for item in items {
            let keep_none = symbol == "filter" && matches!(f, Value::Null);
            let result = if keep_none { item.clone() } else { self.callback(&f, vec![item.clone()], at) };
            if symbol == "map" {
                out.push(result);
            } else if self.keeps(&result) {
                out.push(item);
            }
        }
        Some(with_open(Value::list(out), open))
    }
}

pub(crate) fn with_open(list: Value, open: bool) -> Value {
    if let Value::List(l) = &list {
        l.open.set(open);
    }
    list
}
