//! The state of one evaluation: modules, objects, conditions, bounds, troubles.
//!
//! One world evaluates one language family of the tree; everything in it lives on one thread.

use crate::bounds::{IDLE_STEPS, LEAST_IDLE_STEPS};
use crate::evaluate::{Family, Input};
use crate::files::FileId;
use crate::output::{Condition, Place, Trouble, TroubleKind};
use crate::resolve::Resolver;
use crate::scope::{self, Scope, ScopeKind};
use crate::value::*;
use apicensus_syntax::{Block, FunctionId, Module, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// How far a module has been run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Not at all.
    Waiting,
    /// Being run.
    Running,
    /// Run.
    Done,
}

/// A module instance: a file, or an inline module in one.
pub struct ModuleInst {
    /// The file.
    pub file: FileId,
    /// Its tree.
    pub tree: Arc<Module>,
    /// Its top-level scope.
    pub scope: Scope,
    /// The body to run.
    pub body: Block,
    /// Its tree and body are there.
    pub is_parsed: bool,
    /// How far.
    pub state: RunState,
    /// The module around it (Rust).
    pub parent: Option<ModuleId>,
    /// Names of the inline modules around it (Rust).
    pub inline: Vec<SmolStr>,
    /// JavaScript: ES exports, exported name to value.
    pub exports: Rc<Dict>,
    /// JavaScript: `export * from` targets.
    pub stars: Vec<Value>,
    /// JavaScript: `module`, whose `exports` is the CommonJS export.
    pub commonjs: Option<Rc<Dict>>,
    /// JavaScript: has ES exports.
    pub is_es: bool,
    /// Rust: crates whose macros the whole crate may use.
    pub macro_use: Vec<SmolStr>,
    /// Rust: conditions that its items stand under.
    pub conditions: Conditions,
    /// Steps left.
    pub steps: u64,
    /// Reported that the bound was hit.
    pub exhausted: bool,
}

/// A change of a binding in an unknown branch, for joining.
pub enum Slot {
    /// A name of a scope.
    Name(Scope, SmolStr),
    /// A field of an instance.
    Field(Rc<Instance>, SmolStr),
    /// A property of an object.
    Prop(Rc<Object>, SmolStr),
}

/// The changes in an unknown branch.
pub struct Layer {
    /// Scopes with this number or a higher one were made in the branch: nobody sees them after it.
    pub from: u64,
    /// What was changed and what was there before.
    pub changes: Vec<(Slot, Option<Value>)>,
}

impl Default for Layer {
    fn default() -> Self {
        Layer { from: scope::made(), changes: Vec::new() }
    }
}

/// One user function call in progress.
pub struct Frame {
    /// The function.
    pub key: (ModuleId, FunctionId),
    /// Where it was called.
    pub at: Place,
    /// Steps taken when it was called.
    pub started: u64,
    /// The list or framework object that it was given first.
    pub given: Option<usize>,
}

/// A function, an entry, and the scope it captured when that tells it apart.
pub type SummaryKey = (ModuleId, FunctionId, Option<EntryId>, usize);

/// The state of an evaluation.
pub struct World<'a> {
    /// What is evaluated.
    pub input: &'a Input<'a>,
    /// Which languages.
    pub family: Family,
    /// Import resolution.
    pub resolver: Resolver<'a>,
    /// The modules.
    pub modules: Vec<ModuleInst>,
    /// Module by file.
    pub by_file: FxHashMap<FileId, ModuleId>,
    /// Files whose top level runs.
    pub wave: FxHashSet<FileId>,
    /// Framework objects in order of making.
    pub objects: Vec<Rc<Object>>,
    /// Closures made by modules of the wave.
    pub closures: Vec<Rc<Closure>>,
    /// Classes made by modules of the wave.
    pub classes: Vec<Rc<ClassValue>>,
    /// Functions called so far.
    pub called: FxHashSet<(ModuleId, FunctionId)>,
    /// Which provisional entry ran a function.
    pub provisional: FxHashMap<(ModuleId, FunctionId), EntryId>,
    /// The objects that they gave.
    pub given: FxHashSet<u32>,
    /// Entries whose effects don't count any more.
    pub dropped: FxHashSet<EntryId>,
    /// The entry in progress.
    pub entry: Option<EntryId>,
    /// Number of entries so far.
    pub entries: EntryId,
    /// Conditions in force.
    pub conditions: Conditions,
    /// User calls in progress.
    pub frames: Vec<Frame>,
    /// Open unknown branches.
    pub journal: Vec<Layer>,
    /// Nesting of expressions and statements.
    pub nesting: u32,
    /// Steps taken.
    pub steps: u64,
    /// Whose budget is used.
    pub budget: Vec<ModuleId>,
    /// Steps taken when something was last made or registered, and how many such there were.
    idle: (u64, usize),
    /// Calls are left until no more than this many are in progress.
    pub(crate) leave: Option<usize>,
    /// Troubles.
    pub troubles: Vec<Trouble>,
    trouble_keys: FxHashMap<(FileId, u32, TroubleKind), usize>,
    /// The entries in which troubles were met; those of entries that don't count any more don't either.
    trouble_entries: Vec<Option<EntryId>>,
    /// Times a function was called with nothing informative in an entry and a scope, and its last result.
    pub summaries: FxHashMap<SummaryKey, (u32, Option<Value>)>,
    /// Scopes that summaries are told apart by.
    pub kept: Vec<Scope>,
    /// Tests of how the process was started.
    pub start_tests: FxHashSet<Place>,
    /// Calls that register paths from several places; known at assembly.
    pub tables: FxHashSet<Place>,
    /// What calls of long functions have cost.
    pub costs: FxHashMap<(ModuleId, FunctionId), crate::cost::Cost>,
    /// Results of outside factories that turned out to be routers, by the place of their making.
    pub outside_routers: FxHashMap<Place, Rc<Object>>,
    /// The objects that outside values are, by symbol.
    pub outside_values: FxHashMap<SmolStr, Rc<Object>>,
    /// Tests and examples are run now.
    pub late: bool,
    /// Whether a function touches a framework object.
    pub touch: FxHashMap<(ModuleId, FunctionId), bool>,
    /// Method names that look like a router's.
    pub vocabulary: FxHashSet<SmolStr>,
    /// Values natives keep.
    pub notes: FxHashMap<&'static str, Vec<Value>>,
    /// Values of configuration keys seen anywhere in the tree, by key: for keys that can't be resolved.
    pub config: RefCell<Option<FxHashMap<SmolStr, Vec<Value>>>>,
    /// Routes natives made themselves.
    pub extra_routes: Vec<crate::output::Route>,
    /// Closures called so far, by identity.
    pub ran: FxHashSet<usize>,
    /// Number of events registered so far.
    pub registered: usize,
    /// What the decorators of the tree that run just now decorate, innermost last.
    pub decorating: Vec<Value>,
    /// Instances and names of attributes that were looked for in methods not called so far.
    pub late_fields: FxHashSet<(usize, SmolStr)>,
    /// Protobuf descriptors met so far.
    pub protobuf: crate::host::protobuf::Pool,
    /// Native-made synthetic child lists: by object id.
    pub live: FxHashMap<u32, Rc<List>>,
    /// Rust macros by name.
    pub macros: std::collections::BTreeMap<SmolStr, Vec<crate::interp::expand::MacroRules>>,
    /// Expansions of Rust macro calls.
    pub expanded: FxHashMap<(ModuleId, apicensus_syntax::ExprId), Option<(ModuleId, Option<apicensus_syntax::ExprId>)>>,
    /// Annotations whose routes were told.
    pub emitted: FxHashSet<Place>,
    /// How many objects were looked at, and whether one of them has operations.
    pub(crate) with_operations: (usize, bool),
    /// Prefixes that annotations of Rust modules give the annotations inside.
    pub module_prefixes: FxHashMap<ModuleId, Value>,
    /// Routers walked by the assembly so far.
    pub walked: usize,
    /// Expressions that expansions of macros brought so far.
    pub brought: usize,
    /// Modules that are expansions.
    pub expansions: FxHashSet<ModuleId>,
    /// JSON Schemas by name, with where their class stands and its number of type arguments.
    pub schemas: std::collections::BTreeMap<String, ((Place, usize), serde_json::Value)>,
    /// Names of classes' schemas, by identity.
    pub schema_names: FxHashMap<usize, SmolStr>,
    /// The classes of these identities, kept so that they stay taken.
    pub schema_classes: Vec<Rc<ClassValue>>,
    /// What functions' code shows of guarding, by identity; the closure is kept so that the identity stays taken.
    pub(crate) readings: FxHashMap<usize, (Rc<Closure>, crate::guard::Reading)>,
    /// How much of what functions answer is a stream of events.
    pub(crate) streaming: crate::stream::Seen,
    /// What is injected, by its token.
    pub(crate) provided: Vec<(Value, Value)>,
    /// Instances that stand for classes.
    pub(crate) shared: crate::typed::Shared,
    /// What is known of the route whose guards are being read.
    pub(crate) facts: Option<Rc<crate::guard::Facts>>,
    /// What functions that look at it were read as for this route.
    pub(crate) fact_readings: FxHashMap<usize, crate::guard::Reading>,
    /// What is known of functions that are read for many routes.
    pub(crate) read_again: crate::guard::ReadAgain,
    /// Methods of classes by name.
    pub(crate) methods: crate::touches::Methods,
    /// Methods that traits of the tree give to types from outside, by name.
    pub(crate) extensions: FxHashMap<SmolStr, Vec<Rc<Closure>>>,
}

impl<'a> World<'a> {
    /// An empty world.
    pub fn new(input: &'a Input<'a>, family: Family, resolver: Resolver<'a>) -> Self {
        World {
            input,
            family,
            resolver,
            modules: Vec::new(),
            by_file: FxHashMap::default(),
            wave: FxHashSet::default(),
            objects: Vec::new(),
            closures: Vec::new(),
            classes: Vec::new(),
            called: FxHashSet::default(),
            provisional: FxHashMap::default(),
            given: FxHashSet::default(),
            dropped: FxHashSet::default(),
            entry: None,
            entries: 0,
            conditions: Rc::new(Vec::new()),
            frames: Vec::new(),
            journal: Vec::new(),
            nesting: 0,
            steps: 0,
            budget: Vec::new(),
            idle: (0, 0),
            leave: None,
            troubles: Vec::new(),
            trouble_keys: FxHashMap::default(),
            trouble_entries: Vec::new(),
            summaries: FxHashMap::default(),
            kept: Vec::new(),
            start_tests: FxHashSet::default(),
            tables: FxHashSet::default(),
            costs: FxHashMap::default(),
            late: false,
            outside_routers: FxHashMap::default(),
            outside_values: FxHashMap::default(),
            touch: FxHashMap::default(),
            vocabulary: input.models.vocabulary(family.language()),
            notes: FxHashMap::default(),
            config: RefCell::new(None),
            extra_routes: Vec::new(),
            ran: FxHashSet::default(),
            registered: 0,
            decorating: Vec::new(),
            late_fields: FxHashSet::default(),
            protobuf: Default::default(),
            live: FxHashMap::default(),
            macros: Default::default(),
            expanded: FxHashMap::default(),
            emitted: FxHashSet::default(),
            with_operations: (0, false),
            module_prefixes: FxHashMap::default(),
            walked: 0,
            brought: 0,
            expansions: FxHashSet::default(),
            readings: FxHashMap::default(),
            streaming: Default::default(),
            provided: Vec::new(),
            shared: Default::default(),
            facts: None,
            fact_readings: FxHashMap::default(),
            read_again: Default::default(),
            methods: Default::default(),
            extensions: FxHashMap::default(),
            schemas: Default::default(),
            schema_names: FxHashMap::default(),
            schema_classes: Vec::new(),
        }
    }

    /// Reports a trouble once a place and kind.
    pub fn trouble(&mut self, kind: TroubleKind, file: FileId, line: u32, message: impl Into<String>, effect: impl Into<String>) {
        let at = self.troubles.len();
        let known = *self.trouble_keys.entry((file, line, kind)).or_insert(at);
        if known == at {
            self.troubles.push(Trouble { kind, file, line, message: message.into(), effect: effect.into() });
            self.trouble_entries.push(self.entry);
        } else if let Some(entry) = self.trouble_entries.get_mut(known) {
            *entry = if entry.is_some() { self.entry } else { None };
        }
    }
    /// The troubles that count.
    pub(crate) fn take_troubles(&mut self) -> Vec<Trouble> {
        let entries = std::mem::take(&mut self.trouble_entries);
        let all = std::mem::take(&mut self.troubles).into_iter().enumerate();
        all.filter(|(at, _)| !entries.get(*at).is_some_and(|e| self.is_dropped(*e))).map(|(_, t)| t).collect()
    }
    /// Reports a trouble at a place.
    pub fn trouble_at(&mut self, kind: TroubleKind, at: Place, message: impl Into<String>, effect: impl Into<String>) {
        self.trouble(kind, at.file, at.line, message, effect);
    }

    /// The module of a file, not run yet; None when the file is not code.
    pub fn module_of(&mut self, file: FileId) -> Option<ModuleId> {
        if let Some(id) = self.by_file.get(&file) {
            return Some(*id);
        }
        let lang = self.input.files.get(file).lang?;
        if Family::of(lang) != self.family {
            return None;
        }
        if self.family == Family::Python {
            // Parsed when something of it is asked for.
            let id = self.add_module(file, Arc::default(), Vec::new(), None, Vec::new());
            self.module_mut(id).is_parsed = false;
            self.by_file.insert(file, id);
            return Some(id);
        }
        let tree = (self.input.lower)(file)?;
        let body = tree.body.clone();
        let id = self.add_module(file, tree.clone(), body, None, Vec::new());
        if self.family == Family::Rust {
            self.note_macros(id, &tree);
            if self.input.files.get(file).secondary {
                let place = self.module_place(id);
                let test = Condition { text: crate::interp::cfg::TEST.into(), place, default: None };
                self.module_mut(id).conditions = Rc::new(vec![Rc::new(test)]);
            }
        }
        self.by_file.insert(file, id);
        Some(id)
    }
    /// Adds a module instance.
    pub fn add_module(&mut self, file: FileId, tree: Arc<Module>, body: Block, parent: Option<ModuleId>, inline: Vec<SmolStr>) -> ModuleId {
        let id = ModuleId(self.modules.len() as u32);
        let scope = scope::new(ScopeKind::Module(id), None);
        self.modules.push(ModuleInst {
            file,
            tree,
            scope,
            body,
            is_parsed: true,
            state: RunState::Waiting,
            parent,
            inline,
            exports: Rc::default(),
            stars: Vec::new(),
            commonjs: None,
            is_es: false,
            macro_use: Vec::new(),
            conditions: Rc::default(),
            steps: self.input.limits.module_steps,
            exhausted: false,
        });
        id
    }
    /// A module instance.
    pub fn module(&self, id: ModuleId) -> &ModuleInst {
        &self.modules[id.0 as usize]
    }
    /// A module instance, to change.
    pub fn module_mut(&mut self, id: ModuleId) -> &mut ModuleInst {
        &mut self.modules[id.0 as usize]
    }
    /// The path of a module's file.
    pub fn path_of(&self, id: ModuleId) -> &str {
        &self.input.files.get(self.module(id).file).path
    }
    /// A place in a module.
    pub fn place(&self, module: ModuleId, span: Span) -> Place {
        Place { file: self.module(module).file, line: span.line, end_line: span.end_line, start: span.start, end: span.end }
    }
    /// Counts a step; false when a bound is reached.
    pub fn step(&mut self) -> bool {
        self.steps += 1;
        if self.is_idle() {
            return false;
        }
        let Some(id) = self.budget.last().copied() else { return self.steps < self.input.limits.steps };
        let is_within = self.steps < self.input.limits.steps;
        let module = self.module_mut(id);
        if module.steps > 0 && is_within {
            module.steps -= 1;
            return true;
        }
        if !module.exhausted {
            module.exhausted = true;
            let file = module.file;
            self.trouble(
                TroubleKind::Bound,
                file,
                0,
                "evaluation of this file took too many steps and was cut short",
                "routes it registers may be missing",
            );
        }
        false
    }

    /// Whether the innermost calls have run for long without anything being made or registered; they are left then, one
    /// after the other, until something is.
    fn is_idle(&mut self) -> bool {
        if let Some(depth) = self.leave {
            if self.frames.len() > depth {
                return true;
            }
            self.leave = None;
        }
        let progress = self.registered + self.objects.len();
        if progress != self.idle.1 {
            self.idle = (self.steps, progress);
        }
        if self.steps - self.idle.0 < LEAST_IDLE_STEPS {
            return false;
        }
        let idle = |(at, frame): (usize, &Frame)| {
            let most = IDLE_STEPS.checked_shr(at as u32).unwrap_or(0).max(LEAST_IDLE_STEPS);
            self.steps - frame.started.max(self.idle.0) >= most
        };
        let Some(depth) = self.frames.iter().enumerate().position(idle) else { return false };
        self.leave = Some(depth);
        let (module, function) = self.frames[depth].key;
        let inst = self.module(module);
        let (file, line) = (inst.file, inst.tree.function(function).span.line);
        let message = "a call of this function took many steps in which nothing was registered and was cut short";
        self.trouble(TroubleKind::Bound, file, line, message, "routes it registers later may be missing");
        true
    }

    /// Runs a module's top level unless it ran.
    pub fn run_module(&mut self, id: ModuleId) {
        if self.module(id).state != RunState::Waiting {
            return;
        }
        self.parse(id);
        self.module_mut(id).state = RunState::Running;
        let own = self.module(id).conditions.clone();
        let conditions = std::mem::replace(&mut self.conditions, own);
        let journal = std::mem::take(&mut self.journal);
        let frames = std::mem::take(&mut self.frames);
        let entry = self.entry.take();
        let nesting = std::mem::take(&mut self.nesting);
        let leave = self.leave.take();
        self.budget.push(id);
        self.run_top_level(id);
        self.budget.pop();
        self.nesting = nesting;
        self.leave = leave;
        self.idle.0 = self.steps;
        self.entry = entry;
        self.frames = frames;
        self.journal = journal;
        self.conditions = conditions;
        self.module_mut(id).state = RunState::Done;
    }
}
