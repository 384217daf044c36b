//! The vpcd protocol: a card's line to the virtual reader driver inside pcscd.
//!
//! The card is the TCP client. Frames both ways are a length of two bytes, big-endian, and the
//! payload. One byte from vpcd is a control: 0 power off, 1 power on, 2 reset (no answer), 4 asks
//! for the ATR; anything longer is a command APDU. Connecting is how the card arrives, closing is
//! how it leaves.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use crate::slot::{Served, Slot, still_there_after};

/// vpcd has room for one waiting card; a second one's SYN is dropped, so knock again this often.
const KNOCK: Duration = Duration::from_millis(50);

/// Serves one card until it leaves or pcscd ends.
pub(crate) fn run(slot: &Slot, line: u64, port: u16, left: &Receiver<()>) {
    let Some(stream) = knock(port, left) else {
        return;
    };
    let attached = stream.try_clone().is_ok_and(|ours| slot.attach(line, ours));
    if !attached {
        return;
    }
    if let Err(error) = serve(slot, line, stream, left) {
        tracing::debug!(%error, port, "the line to vpcd ended");
    }
}

/// Connects, for as long as the card lies there. `None` if nobody listens.
fn knock(port: u16, left: &Receiver<()>) -> Option<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    while left.try_recv() == Err(TryRecvError::Empty) {
        match TcpStream::connect_timeout(&address, KNOCK) {
            Ok(stream) => return Some(stream),
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {}
            Err(_) => return None,
        }
    }
    None
}

fn serve(slot: &Slot, line: u64, mut stream: TcpStream, left: &Receiver<()>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let frame = read_frame(&mut stream)?;
        match *frame.as_slice() {
            [] | [0] => {}
            [1] => slot.power(line, false),
            [2] => slot.power(line, true),
            [4] => match slot.atr(line) {
                Some(atr) => write_frame(&mut stream, &atr)?,
                None => return Ok(()),
            },
            [_] => {}
            _ => match slot.serve(line, &frame) {
                Served::Answer(answer, delay) if still_there_after(delay, left) => {
                    write_frame(&mut stream, &answer)?;
                }
                Served::Answer(..) | Served::Left => return Ok(()),
            },
        }
    }
}

fn read_frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    acknowledge_at_once(stream)?;
    stream.read_exact(&mut length)?;
    let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
    acknowledge_at_once(stream)?;
    stream.read_exact(&mut payload)?;
    Ok(payload)
}

fn write_frame(stream: &mut TcpStream, payload: &[u8]) -> io::Result<()> {
    let length = u16::try_from(payload.len()).map_err(|_| ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes(), payload].concat())
}

/// vpcd sends length and payload apart and waits for our acknowledgement in between, which the
/// kernel delays by 40 ms. The option wears off, so it is set before every read: 44 ms become 0.06.
#[cfg(target_os = "linux")]
fn acknowledge_at_once(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_quickack(true)
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) -> io::Result<()> {
    Ok(())
}
