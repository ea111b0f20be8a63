//! A PostgreSQL server for tests: a data folder of its own, a free port of 127.0.0.1, an unprivileged user; it ends with the test
//! program. Where PostgreSQL is not installed, tests say so loudly and pass over it, unless APICENSUS_TEST_POSTGRES is `required`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Largest file that the server may write, in KiB, so that a full disk can be had: larger than what it starts with.
const MOST_FILE: u32 = 24 << 10;

static SERVER: OnceLock<Option<u16>> = OnceLock::new();
static AUTHORITY: OnceLock<PathBuf> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The URL of a new database; none where there is no PostgreSQL.
pub fn database() -> Option<String> {
    let port = (*SERVER.get_or_init(start))?;
    let name = format!("t{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut admin = postgres::Client::connect(&format!("postgres://apicensus@127.0.0.1:{port}/postgres"), postgres::NoTls).unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    Some(format!("postgres://apicensus:unused-secret@127.0.0.1:{port}/{name}"))
}

/// The same database for a user that is let in with TLS only, and the file of the authority that signed the server's certificate.
#[allow(dead_code, reason = "some of the programs that share this file do not ask for it")]
pub fn sealed(url: &str) -> (String, PathBuf) {
    let authority = AUTHORITY.get().unwrap().clone();
    (url.replace("apicensus:unused-secret@", "sealed@"), authority)
}

/// A certificate for 127.0.0.1 where the server looks for it, and that of its authority beside.
fn certify(data: &Path) -> PathBuf {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use std::os::unix::fs::PermissionsExt;
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let file = data.parent().unwrap().join("authority.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let issuer = Issuer::from_params(&params, key);
    let own = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    std::fs::write(data.join("server.crt"), certificate.pem()).unwrap();
    let secret = data.join("server.key");
    std::fs::write(&secret, own.serialize_pem()).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    if is_root() {
        let owner = std::fs::metadata(data).unwrap();
        std::os::unix::fs::chown(&secret, Some(std::os::unix::fs::MetadataExt::uid(&owner)), None).unwrap();
    }
    let rules = "hostssl all sealed 127.0.0.1/32 trust\nhost all sealed 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 trust\n";
    std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
    file
}

/// The folder of its programs.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin")).collect();
    versions.sort();
    let on_path = std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect::<Vec<_>>()).unwrap_or_default();
    versions.into_iter().rev().chain(on_path).find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

fn start() -> Option<u16> {
    let Some(programs) = programs() else {
        assert!(std::env::var("APICENSUS_TEST_POSTGRES").as_deref() != Ok("required"), "PostgreSQL is required and not installed");
        // Past the capture of the test harness, so that it is seen.
        let told = "\n*** SKIPPED: PostgreSQL is not installed (apt-get install postgresql); the catalog was not tested on it ***\n";
        let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
        return None;
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (sender, receiver) = std::sync::mpsc::channel();
    // The server ends with the thread that started it, so that one stays until the program ends.
    std::thread::spawn(move || {
        let folder = tempfile::tempdir().unwrap();
        let mut server = serve(&programs, folder.path(), port);
        sender.send(()).unwrap();
        let _ = server.wait();
    });
    receiver.recv_timeout(Duration::from_secs(60)).expect("PostgreSQL did not start");
    Some(port)
}

/// A command as a user that PostgreSQL accepts.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg(program).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

fn serve(programs: &Path, folder: &Path, port: u16) -> Child {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let data = folder.join("data");
    let options = ["-U", "apicensus", "-A", "trust", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C", "--wal-segsize=4"];
    let made = unprivileged(&programs.join("initdb")).arg("-D").arg(&data).args(options).current_dir(folder).status().unwrap();
    assert!(made.success(), "initdb failed");
    AUTHORITY.get_or_init(|| certify(&data));
    let shell = format!("ulimit -f {MOST_FILE}; exec \"$@\"");
    let settings =
        ["listen_addresses=127.0.0.1", "ssl=on", "unix_socket_directories=", "max_connections=40", "shared_buffers=16MB", "autovacuum=off"];
    let mut command = unprivileged(Path::new("/bin/bash"));
    command.args(["-c", &shell, "postgres"]).arg(programs.join("postgres")).arg("-D").arg(&data).args(["-p", &port.to_string()]);
    for setting in settings {
        command.args(["-c", setting]);
    }
    let mut server = command.current_dir(folder).spawn().unwrap();
    let begun = Instant::now();
    let url = format!("postgres://apicensus@127.0.0.1:{port}/postgres");
    while postgres::Client::connect(&url, postgres::NoTls).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(40) && server.try_wait().unwrap().is_none(), "PostgreSQL did not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    server
}
