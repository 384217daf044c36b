//! A pcscd of our own: its socket, its readers, its life and its sudden end.
//!
//! The socket comes by socket activation (a listening socket as descriptor 3, as systemd would
//! give it), the readers by a configuration file. It is gone when the [`Daemon`] is dropped, and
//! also when this process is killed.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::During;
use crate::{SimError, ports};

/// It takes 6-20 ms; a busy machine takes longer.
const READY: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(1);
/// Where Debian's package vsmartcard-vpcd puts the driver.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// Makes the socket descriptor 3 and the process id the one pcscd will have (`exec` keeps it).
const ACTIVATE: &str = r#"export LISTEN_PID=$$ LISTEN_FDS=1
exec 3<&0 </dev/null
exec "$0" --foreground --config "$1""#;
/// Waits for the end of its input, which comes when we end in whatever way, kills pcscd and takes
/// its folder away.
const WATCH: &str = r#"read -r _; kill -9 "$0"; rm -rf -- "$1""#;

/// A reader as pcscd's configuration names it.
pub(crate) struct Stanza {
    /// Its name, unique; pcscd puts two numbers behind it.
    pub(crate) name: String,
    /// Its port; the next one is its second slot's.
    pub(crate) port: u16,
}

/// A running pcscd.
pub(crate) struct Daemon {
    pcscd: Child,
    watch: Child,
}

impl Daemon {
    /// Starts pcscd in `folder`, listening on `socket`, and waits until its readers are open.
    pub(crate) fn start(
        folder: &Path,
        socket: &Path,
        readers: &[Stanza],
    ) -> Result<Self, SimError> {
        let program = find_pcscd()?;
        let configuration = configure(folder, readers)?;
        let _ = fs::remove_file(socket);
        let listener = UnixListener::bind(socket)
            .during(format!("opening pcscd's socket {}", socket.display()))?;
        let log = folder.join("pcscd.log");
        let log_file = File::create(&log).during("writing pcscd's log")?;
        let pcscd = Command::new("/bin/sh")
            .args(["-c", ACTIVATE])
            .arg(&program)
            .arg(&configuration)
            .env_remove("PCSCLITE_CSOCK_NAME")
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stderr(log_file.try_clone().during("writing pcscd's log")?)
            .stdout(log_file)
            .spawn()
            .during("starting pcscd")?;
        let watch = Command::new("/bin/sh")
            .args(["-c", WATCH, &pcscd.id().to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let watch = match watch {
            Ok(watch) => watch,
            Err(error) => {
                end(pcscd);
                return Err(error).during("starting the watch over pcscd");
            }
        };
        let mut daemon = Self { pcscd, watch };
        daemon.wait_until_ready(readers, &log)?;
        Ok(daemon)
    }

    fn wait_until_ready(&mut self, readers: &[Stanza], log: &Path) -> Result<(), SimError> {
        let wanted: Vec<u16> = readers.iter().flat_map(|r| [r.port, r.port + 1]).collect();
        let failed = |why: &str| {
            let log = fs::read_to_string(log).unwrap_or_default();
            SimError::PcscdFailed {
                why: format!("{why}\n{}", log.trim_end()),
            }
        };
        let end = Instant::now() + READY;
        loop {
            if let Some(status) = self.pcscd.try_wait().during("looking after pcscd")? {
                return Err(failed(&format!("it ended with {status}")));
            }
            if ports::all_open(self.pcscd.id(), &wanted)? {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(failed("it did not open the ports of its readers"));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Asks pcscd to end, as a shutdown of the computer does, and waits until it has.
    pub(crate) fn end_gently(mut self) -> Result<(), SimError> {
        // The standard library only kills.
        Command::new("kill")
            .args(["-TERM", &self.pcscd.id().to_string()])
            .status()
            .during("asking pcscd to end")?;
        let end = Instant::now() + READY;
        while self
            .pcscd
            .try_wait()
            .during("looking after pcscd")?
            .is_none()
        {
            if Instant::now() > end {
                return Err(SimError::PcscdFailed {
                    why: "it does not end when asked to".into(),
                });
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Process id of pcscd.
    pub(crate) fn id(&self) -> u32 {
        self.pcscd.id()
    }
}

impl Drop for Daemon {
    /// Ends pcscd as `kill -9` does.
    fn drop(&mut self) {
        // The watch first: it must not kill a process id that somebody else has got by then.
        let _ = self.watch.kill();
        let _ = self.watch.wait();
        let _ = self.pcscd.kill();
        let _ = self.pcscd.wait();
    }
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn find_pcscd() -> Result<PathBuf, SimError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")])
        .map(|folder| folder.join("pcscd"))
        .find(|program| program.is_file())
        .ok_or_else(|| SimError::Missing {
            what: "pcscd (the PC/SC service)".into(),
        })
}

/// Writes the configuration. Each reader gets its own copy of the driver: two that share one file
/// share one table of slots, and hang.
fn configure(folder: &Path, readers: &[Stanza]) -> Result<PathBuf, SimError> {
    let mut text = String::new();
    for (index, reader) in readers.iter().enumerate() {
        let driver = folder.join(format!("libifdvpcd-{index}.so"));
        if !driver.exists() {
            if !Path::new(DRIVER).exists() {
                return Err(SimError::Missing {
                    what: format!("{DRIVER} (vsmartcard-vpcd)"),
                });
            }
            fs::copy(DRIVER, &driver).during("copying the virtual reader's driver")?;
        }
        let (name, port) = (&reader.name, reader.port);
        // `/dev/null:port` only: a host name before the colon aborts pcscd.
        let _ = writeln!(
            text,
            "FRIENDLYNAME \"{name}\"\nDEVICENAME /dev/null:0x{port:04X}\nLIBPATH {}\nCHANNELID 0x{port:04X}\n",
            driver.display()
        );
    }
    let path = folder.join("reader.conf");
    fs::write(&path, text).during("writing pcscd's configuration")?;
    Ok(path)
}
