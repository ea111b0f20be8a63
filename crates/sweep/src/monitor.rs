//! What a worker tells monitors over HTTP: metrics in the text format of Prometheus (0.0.4), whether it lives, whether it is ready.
//!
//! It answers `GET` of three paths, one request a connection, and nothing else; there is no TLS and nothing secret.

use crate::link::Link;
use crate::queue::Counts;
use crate::schema::Sweep;
use crate::work::Tally;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// The longest request that is read, in bytes.
const MOST: usize = 8 << 10;
/// How long a caller may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The state of the queue is looked at so often at most.
const LOOK: Duration = Duration::from_secs(5);

/// Answers monitors.
pub struct Monitor {
    tally: Arc<Tally>,
    link: Link,
    begun: Instant,
    /// Without an answer of the database for so long the worker is not ready.
    late: Duration,
    looked: Option<(Instant, Option<(Sweep, Counts)>)>,
}

impl Monitor {
    /// Listens in a thread of its own. The address that it has.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub fn start(address: SocketAddr, tally: Arc<Tally>, link: Link, lease: Duration) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let mut monitor = Monitor { tally, link, begun: Instant::now(), late: lease * 2, looked: None };
        std::thread::Builder::new().name("monitor".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                // A caller that goes away is no trouble.
                let _ = monitor.answer(stream);
            }
        })?;
        Ok(address)
    }

    fn answer(&mut self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let head = head(&mut stream)?;
        let mut words = head.split_whitespace();
        let (status, text) = match (words.next(), words.next().map(|path| path.split('?').next().unwrap_or_default())) {
            (Some("GET"), Some("/metrics")) => ("200 OK", self.metrics()),
            (Some("GET"), Some("/livez")) => ("200 OK", "ok\n".to_owned()),
            (Some("GET"), Some("/readyz")) => self.ready(),
            (Some("GET"), _) => ("404 Not Found", "/metrics, /livez, /readyz\n".to_owned()),
            _ => ("405 Method Not Allowed", "only GET\n".to_owned()),
        };
        let length = text.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        )?;
        stream.flush()
    }

    /// Seconds since the database last answered.
    fn silence(&self) -> Duration {
        self.begun.elapsed().saturating_sub(Duration::from_millis(self.tally.answered.load(Ordering::Relaxed)))
    }

    fn ready(&self) -> (&'static str, String) {
        let silence = self.silence();
        if silence > self.late {
            return ("503 Service Unavailable", format!("the database has not answered for {} s\n", silence.as_secs()));
        }
        ("200 OK", "ok\n".to_owned())
    }

    fn metrics(&mut self) -> String {
        let mut text = String::new();
        let tally = self.tally.clone();
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed) as f64;
        let mut one = |name: &str, kind: &str, help: &str, values: &[(String, f64)]| {
            let _ = writeln!(text, "# HELP apicensus_sweep_{name} {help}\n# TYPE apicensus_sweep_{name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "apicensus_sweep_{name}{labels} {value}");
            }
        };
        let plain = |value: f64| [(String::new(), value)];
        let results = [("scanned", &tally.done), ("unchanged", &tally.unchanged), ("given_up", &tally.dead), ("late", &tally.late)];
        let results: Vec<(String, f64)> = results.map(|(name, number)| (format!("{{result=\"{name}\"}}"), of(number))).into();
        one("repositories_total", "counter", "Repositories that this worker ended, by result.", &results);
        let classes = tally.classes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let classes: Vec<(String, f64)> =
            classes.iter().map(|(class, number)| (format!("{{class=\"{}\"}}", class.as_str()), *number as f64)).collect();
        one("failures_total", "counter", "Attempts of this worker that failed, by class.", &classes);
        one("running", "gauge", "Repositories that this worker scans now.", &plain(of(&tally.running)));
        one("scan_seconds_total", "counter", "Time from start to end of scans.", &plain(of(&tally.wall) / 1000.0));
        one("scan_cpu_seconds_total", "counter", "Processor time of scans.", &plain(of(&tally.cpu) / 1000.0));
        one("database_silence_seconds", "gauge", "Time since the database last answered.", &plain(self.silence().as_secs_f64()));
        if let Some((sweep, counts)) = self.look() {
            let states = [
                ("waiting", counts.waiting),
                ("running", counts.running),
                ("done", counts.done),
                ("unchanged", counts.unchanged),
                ("dead", counts.dead),
            ];
            let states: Vec<(String, f64)> = states.map(|(name, number)| (format!("{{state=\"{name}\"}}"), number as f64)).into();
            one("jobs", "gauge", "Jobs of the latest sweep of all workers, by state.", &states);
            one("open", "gauge", "Whether a sweep is open.", &plain(f64::from(u8::from(sweep.state == "open"))));
            one("number", "gauge", "The number of the latest sweep.", &plain(sweep.number as f64));
        }
        text
    }

    /// The latest sweep and its jobs, as of a few seconds ago.
    fn look(&mut self) -> Option<(Sweep, Counts)> {
        if self.looked.as_ref().is_none_or(|(at, _)| at.elapsed() > LOOK) && self.silence() <= self.late {
            let found = self.link.run(|store| {
                let db = store.db();
                Ok(match Sweep::latest(db, None)? {
                    Some(sweep) => Counts::of(db, sweep.number).map(|counts| Some((sweep, counts)))?,
                    None => None,
                })
            });
            self.looked = Some((Instant::now(), found.ok().flatten()));
        }
        self.looked.as_ref().and_then(|(_, found)| found.clone())
    }
}

/// The first line of a request, its headers read and dropped.
fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let (mut read, mut buffer) = (Vec::new(), [0_u8; 1024]);
    while read.len() < MOST && !read.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => break,
            number => read.extend_from_slice(&buffer[..number]),
        }
    }
    Ok(String::from_utf8_lossy(&read).lines().next().unwrap_or_default().to_owned())
}
