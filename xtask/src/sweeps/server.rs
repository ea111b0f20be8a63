//! A PostgreSQL server that may be killed and started again, on a free port of 127.0.0.1.

use anyhow::{Context, Result, bail};
use apicensus_store::{Store, Target};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server with data of its own.
pub struct Server {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    running: Option<Child>,
}

impl Server {
    /// Makes one in a folder that is empty, and starts it.
    pub fn start(folder: &Path) -> Result<Server> {
        let mut versions: Vec<PathBuf> =
            std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin")).collect();
        versions.sort();
        let programs = versions.pop().context("PostgreSQL is not installed: apt-get install postgresql")?;
        std::fs::create_dir_all(folder)?;
        super::super::checked(Command::new("chmod").arg("777").arg(folder))?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Server { programs, data: folder.join("data"), port, running: None };
        let options = ["-U", "apicensus", "-A", "trust", "--no-instructions", "-E", "UTF8", "--locale=C"];
        super::super::checked(server.command("initdb").arg("-D").arg(&server.data).args(options).current_dir(folder))?;
        server.restart()?;
        Ok(server)
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        format!("postgres://apicensus@127.0.0.1:{}/postgres", self.port)
    }

    fn command(&self, program: &str) -> Command {
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
        let mut command = Command::new("setpriv");
        if is_root {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        }
        command.arg("--pdeathsig").arg("QUIT").arg(self.programs.join(program));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Kills it as a failing machine would.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut running) = self.running.take() {
            running.kill()?;
            running.wait()?;
        }
        Ok(())
    }

    /// Starts it and waits until it answers.
    pub fn restart(&mut self) -> Result<()> {
        let begun = Instant::now();
        loop {
            let mut command = self.command("postgres");
            command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
            for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", "shared_buffers=64MB"] {
                command.args(["-c", setting]);
            }
            let mut server = command.spawn()?;
            // What an earlier one left may be in the way for a moment.
            while server.try_wait()?.is_none() {
                if Store::open(&Target::Postgres(self.url()), true).is_ok() {
                    self.running = Some(server);
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(100));
                if begun.elapsed() > Duration::from_secs(60) {
                    bail!("PostgreSQL did not start");
                }
            }
            std::thread::sleep(Duration::from_millis(200));
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("PostgreSQL did not start");
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
