//! `cargo xtask queue`: how many jobs a second the queue hands out and takes back, without scans.

use super::server::Server;
use anyhow::{Context, Result, ensure};
use apicensus_store::Target;
use apicensus_sweep::{Claim, Link, Listed, Listing, Packages, Plan, Rules, Scanned, Scanner, Tally, Usage, Worker, plan, work};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// The result of every job: an empty catalog.
struct Nothing {
    json: Vec<u8>,
}

impl Scanner for Nothing {
    fn scan(&self, claim: &Claim, _: &dyn Fn() -> bool) -> Scanned {
        let usage = Usage { wall: 1, cpu: 1, memory: 1 };
        Scanned::Catalog {
            commit: claim.repository.head.clone(),
            commit_time: String::new(),
            json: self.json.clone(),
            usage,
            packages: Packages::default(),
        }
    }
}

/// Measures it on SQLite and PostgreSQL.
pub fn run(jobs: usize) -> Result<()> {
    println!("| Database | Workers | Jobs | Time | Jobs a second |\n| --- | ---: | ---: | ---: | ---: |");
    let folder = tempfile::tempdir()?;
    for workers in [1, 4] {
        measure("SQLite", &Target::Sqlite(folder.path().join(format!("queue{workers}.db"))), workers, jobs)?;
    }
    for workers in [4, 16, 32] {
        let server = Server::start(&folder.path().join(format!("postgres{workers}")))?;
        measure("PostgreSQL", &Target::Postgres(server.url()), workers, jobs)?;
    }
    Ok(())
}

fn measure(name: &str, target: &Target, workers: usize, jobs: usize) -> Result<()> {
    let rules = Rules { ruleset: "one".to_owned(), config: "one".to_owned() };
    let listed = |number: usize| Listed {
        identity: format!("test:{number}"),
        name: format!("acme/r{number:06}"),
        head: format!("{number:040x}"),
        ..Listed::default()
    };
    let link = Link::open(target)?;
    let how = Plan { rules: rules.clone(), full_every: 1 << 40, deadline: 1 << 40, ..Plan::default() };
    plan(&link, &how, || Listing { repositories: (0..jobs).map(listed).collect(), whole: true, troubles: Vec::new() })?;
    let scanner = Nothing { json: serde_json::to_vec(&apicensus_catalog::Catalog::default())? };
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    let done: u64 = std::thread::scope(|scope| -> Result<u64> {
        let (rules, scanner, stop) = (&rules, &scanner, &stop);
        let hands: Vec<_> = (0..workers)
            .map(|number| {
                scope.spawn(move || -> Result<u64> {
                    let (link, tally) = (Link::open(target)?, Tally::default());
                    let worker = Worker {
                        name: format!("worker-{number}"),
                        jobs: 1,
                        lease: 60_000,
                        rules: rules.clone(),
                        backoff: Default::default(),
                        stay: false,
                        stop,
                        tally: &tally,
                    };
                    Ok(work(&link, &worker, scanner)?.done)
                })
            })
            .collect();
        hands.into_iter().map(|hand| hand.join().map_err(|_| anyhow::anyhow!("a worker failed"))?.context("a worker failed")).sum()
    })?;
    ensure!(done as usize == jobs, "{done} of {jobs} were done");
    let time = begun.elapsed().as_secs_f64();
    println!("| {name} | {workers} | {jobs} | {time:.1} s | {:.0} |", jobs as f64 / time);
    Ok(())
}
