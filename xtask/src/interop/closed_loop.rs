//! Small applications of testdata/apps, served on 127.0.0.1: scanned, exported, asked by schemathesis, wapiti and newman with a token, and
//! judged by their own record of which handlers ran and which requests no route took.

use super::tools::{Tools, complaint};
use crate::{checked, corpus, root};
use anyhow::{Context, Result, bail};
use apicensus_catalog::Catalog;
use apicensus_export::{Content, Options, export};
use apicensus_inventory::instance::template_matches;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TOKEN: &str = "interop-token";
const APPS: &[(&str, &str)] = &[("fastapi", "FastAPI"), ("express", "Express"), ("axum", "axum")];
/// Tools, and the share of handlers that each must run; wapiti is not sent what may destroy data.
const TOOLS: &[(&str, f64)] = &[("schemathesis", 0.9), ("wapiti", 0.5), ("newman", 0.9)];
/// How long an application may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one tool reached in one application.
struct Row {
    app: &'static str,
    tool: &'static str,
    endpoints: usize,
    ran: usize,
    handlers: usize,
    /// Requests to exported paths that no route took.
    lost: BTreeSet<String>,
    /// Requests of the tool's own making that no route took.
    strays: usize,
}

/// Runs all tools against all applications: what is wrong, and the table.
pub fn run(tools: &Tools, binary: &Path) -> Result<(Vec<String>, String)> {
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for (app, title) in APPS {
        let home = root().join("testdata/apps").join(app);
        let catalog: Catalog = corpus::scan(binary, &home)?;
        let handlers: BTreeSet<String> = serde_json::from_str(&fs::read_to_string(home.join("handlers.json"))?)?;
        if *app == "axum" {
            build(tools, &home)?;
        }
        for (tool, least) in TOOLS {
            if *tool == "wapiti" && !tools.has_wapiti {
                continue;
            }
            let row = one(tools, app, title, tool, &catalog, &handlers)?;
            let share = row.ran as f64 / row.handlers as f64;
            println!("{app} {tool}: {} of {} handlers, {} lost, {} strays", row.ran, row.handlers, row.lost.len(), row.strays);
            if share < *least {
                faults.push(format!("{app}: {tool} ran {} of {} handlers", row.ran, row.handlers));
            }
            faults.extend(row.lost.iter().map(|l| format!("{app}: {tool} asked for {l}, which no route takes")));
            rows.push(row);
        }
    }
    Ok((faults, table(&rows)))
}

fn build(tools: &Tools, home: &Path) -> Result<()> {
    let target = tools.kept("axum")?;
    checked(
        Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--manifest-path"])
            .arg(home.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(target),
    )
}

fn one(
    tools: &Tools,
    app: &'static str,
    title: &'static str,
    tool: &'static str,
    catalog: &Catalog,
    handlers: &BTreeSet<String>,
) -> Result<Row> {
    let folder = tools.scratch(&format!("loop-{app}-{tool}"))?;
    let record = folder.join("record.jsonl");
    fs::write(&record, "")?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("http://127.0.0.1:{port}");
    let options = Options { base_url: Some(url.clone()), ..Options::default() };
    let targets: Vec<(String, String)> = export(catalog, "jsonl", &options)?
        .as_text()
        .lines()
        .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok())
        .filter_map(|l| Some((l.get("method")?.as_str()?.to_owned(), l.get("template")?.as_str()?.to_owned())))
        .collect();
    let mut server = Server(serve(tools, app, port, &record)?);
    wait(port, &mut server)?;
    let log = ask(tools, tool, catalog, &options, &folder)?;
    drop(server);
    fs::write(folder.join("log.txt"), &log)?;
    let mut row =
        Row { app: title, tool, endpoints: catalog.endpoints.len(), ran: 0, handlers: handlers.len(), lost: BTreeSet::new(), strays: 0 };
    let mut ran = BTreeSet::new();
    for line in fs::read_to_string(&record)?.lines() {
        let entry: serde_json::Value = serde_json::from_str(line)?;
        if let Some(name) = entry["ran"].as_str() {
            ran.insert(name.to_owned());
        }
        if let Some(request) = entry["lost"].as_str() {
            let (method, path) = request.split_once(' ').unwrap_or(("", request));
            if targets.iter().any(|(m, template)| m == method && template_matches(template, path)) {
                row.lost.insert(request.to_owned());
            } else {
                row.strays += 1;
            }
        }
    }
    if let Some(unknown) = ran.difference(handlers).next() {
        bail!("{app} ran `{unknown}`, which is not in its handlers.json");
    }
    row.ran = ran.len();
    if row.ran == 0 {
        bail!("{app}: {tool} ran nothing: {}", log.chars().take(2_000).collect::<String>());
    }
    Ok(row)
}

/// A running application; it ends with this value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(tools: &Tools, app: &str, port: u16, record: &Path) -> Result<Child> {
    let home = root().join("testdata/apps").join(app);
    let mut command = match app {
        "fastapi" => {
            let mut command = tools.python("python");
            command.args(["-m", "uvicorn", "main:app", "--log-level", "critical", "--port", &port.to_string()]);
            command
        }
        "express" => {
            let mut command = Command::new("node");
            command.arg("server.js").env("NODE_PATH", tools.modules().join("node_modules"));
            command
        }
        _ => Command::new(tools.kept("axum")?.join("debug/garden")),
    };
    command.current_dir(home).env("PORT", port.to_string()).env("RECORD", record).env("APP_TOKEN", TOKEN);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().with_context(|| format!("{app} does not start"))
}

fn wait(port: u16, server: &mut Server) -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > PATIENCE || server.0.try_wait()?.is_some() {
            bail!("the application does not listen on 127.0.0.1:{port}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Exports for a tool, and runs it the way the export says.
fn ask(tools: &Tools, tool: &str, catalog: &Catalog, options: &Options, folder: &Path) -> Result<String> {
    let format = if tool == "newman" { "postman" } else { tool };
    let exported = export(catalog, format, options)?;
    let mut command = match exported.content {
        Content::Folder(files) => {
            for (name, text) in files {
                fs::write(folder.join(name), text)?;
            }
            let mut command = Command::new("sh");
            command.arg(folder.join("run.sh"));
            match tool {
                "schemathesis" => command.args(["--max-examples", "10", "--seed", "1", "--phases", "examples,coverage,fuzzing"]),
                _ => command.args(["-m", ""]),
            };
            command
        }
        Content::Text(text) => {
            fs::write(folder.join("collection.json"), text)?;
            let mut command = tools.node("newman");
            command.arg("run").arg(folder.join("collection.json")).args(["--env-var", &format!("token={TOKEN}")]);
            command.args(["--reporters", "cli,json", "--reporter-json-export"]).arg(folder.join("newman.json"));
            command
        }
        Content::Bytes(_) => bail!("{format} is no text"),
    };
    let path: Vec<PathBuf> =
        tools.programs().into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())).collect();
    let out = command.env("PATH", std::env::join_paths(path)?).env("APICENSUS_TOKEN", TOKEN).current_dir(folder).output()?;
    // A tool that finds faults in an application ends with an error: what counts is what arrived.
    Ok(complaint(tool, &out).unwrap_or_else(|| String::from_utf8_lossy(&out.stdout).into_owned()))
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| Application | Endpoints found | Tool | Exported paths that no route takes | Handlers run | Share |\n| --- | ---: | --- | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} of {} | {:.2} |",
            row.app,
            row.endpoints,
            row.tool,
            row.lost.len(),
            row.ran,
            row.handlers,
            row.ran as f64 / row.handlers as f64
        );
    }
    out
}
