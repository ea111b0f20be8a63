//! The command line: every flag, its help and its defaults, once. Help, man page and completions are made from here.

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  done; findings and troubles do not change it
  1  `scan --strict` met troubles, `explain` found no such endpoint, or `check`
     found something
  2  wrong use, or it could not be done: no such path or revision, a bad model,
     a full disk";

const SCAN_EXAMPLES: &str = "\
Examples:
  apicensus scan .                               what this repository serves
  apicensus scan . -f json -o catalog.json       the same as data
  apicensus scan . --rev v2.1 --path '/api/**'   a part of it, as of a tag
  apicensus scan . --auth none,unknown           what anyone may call, or may be
  apicensus scan . --view auth -f markdown       who may call what, by scheme and role
  apicensus scan . --view outbound               what it calls of other services
  apicensus scan services/* --strict             fail when something was not followed

Exit codes:
  0  done
  1  there were troubles and --strict was given
  2  wrong use, or it could not be done: no such path or revision, a bad model,
     a full disk";

const DIFF_EXAMPLES: &str = "\
Examples:
  apicensus diff main..HEAD                two revisions of this repository
  apicensus diff v1.0 .                    a revision and the work tree
  apicensus diff old.json new.json         two catalogs
  apicensus diff main..HEAD -f markdown    for a merge request

Exit codes: 0 done, 1 with --fail-on-breaking or --fail-on-weaker, 2 wrong use.";

const CHECK_EXAMPLES: &str = "\
Examples:
  apicensus check                                   all findings that are high or worse
  apicensus check --base origin/main --new-only     what this branch adds
  apicensus check --baseline catalog.json --new-only --fail-on medium

Exit codes: 0 nothing to show, 1 there are findings, 2 wrong use.";

/// Takes a census of the APIs in source code: every endpoint a repository would serve, with full path, method, handler
/// and evidence, and what could not be followed.
#[derive(Debug, Parser)]
#[command(name = "apicensus", version, after_help = EXIT_CODES, max_term_width = 110, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Colours: auto leaves them out when the output is not a terminal or NO_COLOR is set.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorWhen::Auto, global = true)]
    pub color: ColorWhen,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List every endpoint that the source would serve.
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanArgs),
    /// Show how one endpoint comes about: which line gives which piece of its path.
    #[command(after_help = "Exit codes: 0 found, 1 no such endpoint, 2 wrong use.")]
    Explain(ExplainArgs),
    /// Write the endpoints in the format of another tool: a specification, a scanner, a client. Without a format, list them.
    #[command(after_help = crate::export::EXAMPLES)]
    Export(ExportArgs),
    /// Write a page to look at: search, filters, evidence, findings, coverage, a picture; one file that loads nothing.
    #[command(after_help = crate::report::EXAMPLES)]
    Report(crate::report::ReportArgs),
    /// Show catalogs to people and programs over HTTP, read-only: the page and a JSON API.
    #[command(after_help = crate::serve::EXAMPLES)]
    Serve(crate::serve::ServeArgs),
    /// Write only the endpoints that changed since a revision, for a quick scan of a merge request.
    #[command(after_help = crate::targets::EXAMPLES)]
    Targets(crate::targets::TargetsArgs),
    /// Read reports of test runs and mark the endpoints that they exercised.
    #[command(after_help = crate::tested::EXAMPLES)]
    Tested(crate::tested::TestedArgs),
    /// List the supported frameworks.
    Frameworks(FrameworksArgs),
    /// Compare two states: what came, went, moved and changed, what breaks clients and what is weaker now.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Fail when there are findings: the gate for merge requests.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Tell from a repository's past when endpoints came, changed guard or path, and went.
    History(crate::history::HistoryArgs),
    /// Read and keep the versioned catalog that `scan --record` adds to.
    Catalog(crate::catalog::CatalogArgs),
    /// Scan all repositories of an organisation, in any number of processes, into one catalog.
    Sweep(crate::sweep::SweepArgs),
    /// Look at all repositories of a catalog together: services, owners, who calls whom, what would break.
    Org(crate::org::OrgArgs),
    /// List the rules, or explain one.
    Rules {
        /// The rule to explain.
        #[arg(value_name = "ID")]
        rule: Option<String>,
    },
    /// Print the JSON Schema of the catalog, of the policy file, or of the configuration of sweeps.
    Schema {
        /// Which.
        #[arg(value_enum, default_value_t = crate::schema::SchemaOf::Catalog)]
        of: crate::schema::SchemaOf,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print a man page (roff), of the whole or of one command.
    Man {
        /// The command whose page to print.
        command: Option<String>,
    },
}

/// What to scan and how; shared by the commands that scan.
#[derive(Clone, Debug, Args)]
pub struct SourceArgs {
    /// Read this git revision (branch, tag, commit) instead of the work tree; no checkout is made.
    #[arg(long, value_name = "REF")]
    pub rev: Option<String>,
    /// Scan only files that match this glob, from the scanned folder; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Leave out files that match this glob; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// A folder of additional framework models (YAML), besides .apicensus/models/ of the scanned tree.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub models: Vec<PathBuf>,
    /// Number of threads; the output does not depend on it [default: the number of cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    #[command(flatten)]
    pub cache: crate::kept::CacheArgs,
    #[command(flatten)]
    pub limits: crate::limits::LimitArgs,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Folders, files, git repositories or bare mirrors.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// How to write the result [default: by the ending of FILE, else table].
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
    /// Write to this file instead of the terminal; it appears whole or not at all.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub source: SourceArgs,
    /// Keep endpoints of this kind of code [default: production in table and markdown, all in json, jsonl and yaml].
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub audience: Vec<AudienceArg>,
    /// Keep endpoints of this framework (`apicensus frameworks` lists them); may be given several times.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub framework: Vec<String>,
    /// Keep endpoints that answer this method; may be given several times.
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    pub method: Vec<String>,
    /// Keep endpoints whose path matches this glob: `*` stays within a segment, `**` does not.
    #[arg(long, value_name = "GLOB")]
    pub path: Vec<String>,
    /// Keep endpoints with this verdict on who may call them; may be given several times.
    #[arg(long, value_name = "VERDICT", value_enum, value_delimiter = ',')]
    pub auth: Vec<AuthArg>,
    /// What to show: the endpoints, who may call them by scheme and role, or what is wrong.
    #[arg(long, value_name = "VIEW", value_enum, default_value_t = ViewArg::Census)]
    pub view: ViewArg,
    #[command(flatten)]
    pub keep: crate::recording::KeepArgs,
    /// What test runs have exercised, as `apicensus tested` writes it: endpoints that are not in it are flagged.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tested: Option<PathBuf>,
    /// Exit with 1 when anything could not be read or followed.
    #[arg(long)]
    pub strict: bool,
    /// List the troubles with their places.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// No summary and no progress.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier state: a git revision, a folder, a catalog file, a folder of `catalog export`, `catalog:REVISION`; or a range of git
    /// revisions, A..B, or A...B from where B parted from A.
    #[arg(value_name = "A")]
    pub before: String,
    /// The later state.
    #[arg(value_name = "B")]
    pub after: Option<String>,
    /// The repository that revisions are of.
    #[arg(long, value_name = "PATH", default_value = ".", value_hint = ValueHint::DirPath)]
    pub repo: PathBuf,
    /// The versioned catalog that `catalog:REVISION` is of [default: .apicensus/catalog.db].
    #[arg(long, value_name = "URL|FILE", env = "APICENSUS_CATALOG", hide_env_values = true)]
    pub catalog: Option<String>,
    /// How to write the result.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Write to this file instead of the terminal.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Exit with 1 when a client that worked may fail.
    #[arg(long)]
    pub fail_on_breaking: bool,
    /// Exit with 1 when less is asked of a caller, more is given away, or a control is gone.
    #[arg(long)]
    pub fail_on_weaker: bool,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The folder or repository to check.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// Compare with this git revision.
    #[arg(long, value_name = "REF", conflicts_with_all = ["baseline", "rev"])]
    pub base: Option<String>,
    /// Compare with this catalog: a file that `scan -f json` wrote, a folder of `catalog export`, or `catalog:REVISION`.
    #[arg(long, value_name = "STATE", value_hint = ValueHint::AnyPath)]
    pub baseline: Option<String>,
    /// The versioned catalog that `catalog:REVISION` is of [default: .apicensus/catalog.db].
    #[arg(long, value_name = "URL|FILE", env = "APICENSUS_CATALOG", hide_env_values = true)]
    pub catalog: Option<String>,
    /// Fail on findings that are this grave or worse.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::High)]
    pub fail_on: FailOn,
    /// Only findings that the base does not have.
    #[arg(long)]
    pub new_only: bool,
    /// How to write the result.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Write to this file instead of the terminal.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Formats of `diff` and `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Text,
    /// A table for a merge request.
    Markdown,
    /// Annotations of GitHub Actions.
    Github,
    /// For programs.
    Json,
}

/// Levels to fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Anything.
    Info,
    /// Low or worse.
    Low,
    /// Medium or worse.
    Medium,
    /// High or worse.
    High,
    /// Critical.
    Critical,
    /// Never.
    Never,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Method and path, `GET /users/{id}`; without a method all of the path's. A concrete path (`/users/42`) will do.
    #[arg(value_name = "ENDPOINT")]
    pub endpoint: String,
    /// The folder, file or repository to look in.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The format.
    #[arg(value_name = "FORMAT")]
    pub format: Option<String>,
    /// Folders, files, git repositories, bare mirrors, or one catalog.
    #[arg(value_name = "PATH|CATALOG", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Read a catalog instead of scanning: a file (`apicensus scan -f json`), a folder of `catalog export`, or the newest of every
    /// repository of a database.
    #[arg(long, value_name = "FILE|DIR|URL", value_hint = ValueHint::AnyPath, conflicts_with = "paths")]
    pub from: Option<String>,
    /// Write to this file, or folder for formats of several files, instead of the terminal.
    #[arg(short, long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub source: SourceArgs,
    /// The URL that paths hang on [default: `/` in OpenAPI, else http://localhost]; SERVICE=URL for one service; may be
    /// given several times.
    #[arg(long, value_name = "[SERVICE=]URL")]
    pub base_url: Vec<String>,
    /// Keep endpoints of this service, by id or name; may be given several times.
    #[arg(long, value_name = "SERVICE")]
    pub service: Vec<String>,
    /// Keep only what is all of these: unauthenticated, auth-unknown, undocumented, deprecated, sensitive, untested,
    /// changed-since:REV (a git revision or a catalog file).
    #[arg(long, value_name = "WHICH", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave out endpoints whose path matches this glob: `*` stays within a segment, `**` does not. `--exclude` with a glob
    /// that starts with a slash does the same.
    #[arg(long, value_name = "GLOB")]
    pub leave_out: Vec<String>,
    /// What test runs have exercised, as `apicensus tested` writes it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tested: Option<PathBuf>,
    /// Leave out what may destroy data or stop the service.
    #[arg(long)]
    pub safe: bool,
    /// The environment variable that holds the token or key which requests carry [default: APICENSUS_TOKEN].
    #[arg(long, value_name = "NAME")]
    pub auth_env: Option<String>,
    /// Keep endpoints of this kind of code [default: production].
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub audience: Vec<AudienceArg>,
    /// How rich an OpenAPI document is.
    #[arg(long, value_name = "PROFILE", value_enum, default_value_t = ProfileArg::Full)]
    pub profile: ProfileArg,
    /// The version of OpenAPI.
    #[arg(long, value_name = "VERSION", value_enum, default_value_t = OpenApiVersion::V31)]
    pub openapi_version: OpenApiVersion,
    /// No progress, and no word of what was left out.
    #[arg(short, long)]
    pub quiet: bool,
}

/// How rich an OpenAPI document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// Everything that is known.
    Full,
    /// Plain types and one kind of token, which scanners make more of.
    Dast,
}

/// Versions of OpenAPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OpenApiVersion {
    /// 3.1.0.
    #[value(name = "3.1")]
    V31,
    /// 3.0.3.
    #[value(name = "3.0")]
    V30,
    /// 3.2.0.
    #[value(name = "3.2")]
    V32,
}

/// Arguments of `frameworks`.
#[derive(Debug, Args)]
pub struct FrameworksArgs {
    /// How to write the list.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
    /// A folder of additional framework models (YAML) to list too.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub models: Vec<PathBuf>,
    /// List the formats of API descriptions that are read instead.
    #[arg(long, conflicts_with = "models")]
    pub contracts: bool,
}

/// Formats of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: one line an endpoint, grouped by service.
    Table,
    /// The catalog.
    Json,
    /// One JSON object a line, told apart by `type`: catalog, service, endpoint, contract, finding, trouble.
    Jsonl,
    /// The catalog as YAML.
    Yaml,
    /// A table for a wiki or a merge request.
    Markdown,
}

impl Format {
    /// Whether it is read by programs and so keeps everything unless asked.
    pub fn is_data(self) -> bool {
        matches!(self, Format::Json | Format::Jsonl | Format::Yaml)
    }
}

/// Formats of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    Table,
    /// A JSON array.
    Json,
    /// A Markdown table.
    Markdown,
}

/// Kinds of code, and all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AudienceArg {
    /// Code that is deployed.
    Production,
    /// Tests and their fixtures.
    Test,
    /// Examples, demos and templates.
    Example,
    /// Generated code.
    Generated,
    /// Copies of third-party code.
    Vendored,
    /// All of these.
    All,
}

/// Verdicts on who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthArg {
    /// Only who proves an identity.
    Required,
    /// Anyone; who proves an identity may get more.
    Optional,
    /// Anyone, declared so.
    Public,
    /// Anyone: nothing guards it.
    None,
    /// Some link of the chain could not be read.
    Unknown,
}

/// What a scan shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewArg {
    /// The endpoints.
    Census,
    /// A matrix of endpoints by scheme and role.
    Auth,
    /// What is wrong, the worst first.
    Findings,
    /// The calls that the code makes to other services.
    Outbound,
    /// The gateways in front of the services and their routes.
    Gateways,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
