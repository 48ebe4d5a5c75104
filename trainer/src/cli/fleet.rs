//! Many runs at a time, each in a process of its own with its share of the cores.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use trainer::train::{Line, METRICS};

use super::print::sentence;
use super::sweep::{BUSY, STOPPED};
use super::train::LEASH;

/// Pause between two looks at the running processes.
const PAUSE: Duration = Duration::from_millis(100);
/// Name of what a run says within its folder.
const LOG: &str = "log.txt";
/// The variable that tells a process how many threads it may take.
pub(super) const THREADS: &str = "RAYON_NUM_THREADS";
/// Bytes at the end of a file that are looked at for its last line.
const TAIL: u64 = 1 << 14;

/// A run to be done.
pub(super) struct Share<'a> {
    /// Its number in the study.
    pub(super) number: usize,
    /// Its name.
    pub(super) name: &'a str,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Steps that it takes.
    pub(super) steps: u64,
}

/// What came of a run.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is trained and scored.
    Finished,
    /// It was stopped, or not begun, and can be resumed.
    Stopped,
    /// Another process is at it.
    Busy,
    /// It failed, for this reason.
    Failed(String),
}

/// Processes that share the cores.
pub(super) struct Fleet<'a> {
    /// Processes at a time.
    pub(super) jobs: usize,
    /// When none is started any more.
    pub(super) deadline: Option<Instant>,
    /// What a run has come to that ended well, such as `is trained`.
    pub(super) finished: &'a str,
    /// The command of the run of a number.
    pub(super) command: &'a dyn Fn(usize) -> Command,
}

struct Running {
    place: usize,
    child: Child,
    bar: ProgressBar,
}

impl Fleet<'_> {
    /// Does the runs, in order, and shows how they proceed. Ctrl-C lets them write their checkpoints,
    /// a second one kills them.
    pub(super) fn work(&self, shares: &[Share]) -> anyhow::Result<Vec<Outcome>> {
        let asked = Arc::new(AtomicU8::new(0));
        let handler = Arc::clone(&asked);
        ctrlc::set_handler(move || {
            handler.fetch_add(1, Ordering::Relaxed);
        })
        .context("ctrl-C could not be caught")?;
        let bars = MultiProgress::new();
        let mut outcomes: Vec<Outcome> = shares.iter().map(|_| Outcome::Stopped).collect();
        let mut waiting = 0..shares.len();
        let mut running: Vec<Running> = Vec::new();
        let mut told = 0;
        loop {
            let level = asked.load(Ordering::Relaxed).min(2);
            if level > told {
                running.iter_mut().for_each(|run| stop(&mut run.child, level == 2));
                told = level;
            }
            let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            while told == 0 && !late && running.len() < self.jobs {
                let Some(place) = waiting.next() else { break };
                let share = &shares[place];
                match self.start(share) {
                    Ok(child) => running.push(Running { place, child, bar: bar(&bars, share) }),
                    Err(error) => {
                        outcomes[place] = Outcome::Failed(sentence(&error));
                        self.tell(&bars, share, &outcomes[place]);
                    }
                }
            }
            if running.is_empty() {
                return Ok(outcomes);
            }
            std::thread::sleep(PAUSE);
            let mut still = Vec::new();
            for mut run in running {
                let share = &shares[run.place];
                match run.child.try_wait().context("a run's process could not be waited for")? {
                    None => {
                        show(&run.bar, share);
                        still.push(run);
                    }
                    Some(status) => {
                        run.bar.finish_and_clear();
                        outcomes[run.place] = match status.code() {
                            Some(0) => Outcome::Finished,
                            Some(code) if code == i32::from(STOPPED) => Outcome::Stopped,
                            Some(code) if code == i32::from(BUSY) => Outcome::Busy,
                            // Ended by the signal itself, before it listened or while it scored.
                            None if told > 0 => Outcome::Stopped,
                            _ => Outcome::Failed(reason(&share.folder.join(LOG), &status.to_string())),
                        };
                        self.tell(&bars, share, &outcomes[run.place]);
                    }
                }
            }
            running = still;
        }
    }

    fn start(&self, share: &Share) -> anyhow::Result<Child> {
        let path = share.folder.join(LOG);
        std::fs::create_dir_all(&share.folder)
            .with_context(|| format!("{} could not be made", share.folder.display()))?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("{} could not be opened", path.display()))?;
        let mut command = (self.command)(share.number);
        // Its end tells the run that this process was killed.
        command.stdin(Stdio::piped()).env(LEASH, "1").stdout(Stdio::null()).stderr(log);
        let told = command.get_envs().any(|(key, _)| key == THREADS);
        if !told && std::env::var_os(THREADS).is_none() {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            command.env(THREADS, (cores / self.jobs).max(1).to_string());
        }
        // The terminal's ctrl-C comes to this process alone, which passes it on once.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().context("the run's process could not be started")
    }

    fn tell(&self, bars: &MultiProgress, share: &Share, outcome: &Outcome) {
        bars.suspend(|| match outcome {
            Outcome::Finished => tracing::info!("{} {}", share.name, self.finished),
            Outcome::Stopped => tracing::info!("{} was stopped", share.name),
            Outcome::Busy => tracing::info!("{} is skipped: another process is working on it", share.name),
            Outcome::Failed(reason) => tracing::error!("{} failed: {reason}", share.name),
        });
    }
}

/// Asks a process to stop, or kills it.
fn stop(child: &mut Child, kill: bool) {
    if kill || !interrupt(child) {
        // One that has just ended can't be killed, and needn't be.
        let _ended = child.kill();
    }
}

/// Sends a process the signal of ctrl-C; returns whether it could be sent.
#[cfg(unix)]
fn interrupt(child: &Child) -> bool {
    use nix::sys::signal::{Signal, kill};
    kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).is_ok()
}

/// Other systems have no such signal.
#[cfg(not(unix))]
fn interrupt(_: &Child) -> bool {
    false
}

fn bar(bars: &MultiProgress, share: &Share) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(share.steps));
    if bar.is_hidden() {
        tracing::info!("{} begins", share.name);
    } else if let Ok(style) = ProgressStyle::with_template("{prefix:28} {bar:20} {pos}/{len} · {msg}") {
        bar.set_style(style);
        bar.set_prefix(share.name.to_owned());
    }
    bar
}

fn show(bar: &ProgressBar, share: &Share) {
    if bar.is_hidden() {
        return;
    }
    let line = tail(&share.folder.join(METRICS)).ok();
    let line = line.and_then(|tail| serde_json::from_str::<Line>(&last_line(tail.as_bytes())).ok());
    if let Some(line) = line {
        bar.set_position(line.step);
        let speed = format!("{:.0} images/s", line.images_per_second);
        let speed = if line.step >= share.steps { "scoring".to_owned() } else { speed };
        bar.set_message(format!("loss {:.1} · {speed}", line.loss));
    }
}

/// What a run that failed said last.
fn reason(log: &Path, status: &str) -> String {
    match tail(log) {
        Ok(text) if !text.trim().is_empty() => {
            let line = last_line(text.as_bytes());
            line.trim_start().trim_start_matches("ERROR").trim_start().to_owned()
        }
        _ => format!("it printed nothing; {status}"),
    }
}

/// The end of a file.
fn tail(path: &Path) -> std::io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last line that says something.
pub(super) fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}
