//! The line between a till and HQ, bytes as they are: whole, down, or deaf. Deaf lets calls reach HQ, and
//! loses every answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const WHOLE: u8 = 0;
const DOWN: u8 = 1;
const DEAF: u8 = 2;
/// How long HQ has to do what it was asked, before a deaf call is cut.
const HQ_TIME: Duration = Duration::from_millis(800);

/// The line.
pub struct Cable {
    port: u16,
    state: Arc<AtomicU8>,
    lost: Arc<AtomicUsize>,
}

impl Cable {
    pub async fn to(hq: &str) -> Self {
        let hq = hq.strip_prefix("https://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cable = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
            lost: Arc::default(),
        };
        let (state, lost) = (cable.state.clone(), cable.lost.clone());
        tokio::spawn(async move {
            while let Ok((till, _)) = listener.accept().await {
                let (hq, state, lost) = (hq.clone(), state.clone(), lost.clone());
                tokio::spawn(async move {
                    let deaf = state.load(Ordering::SeqCst) == DEAF;
                    if state.load(Ordering::SeqCst) == DOWN {
                        return;
                    }
                    let Ok(hq) = TcpStream::connect(hq).await else {
                        return;
                    };
                    carry(till, hq, &state, deaf.then_some(&*lost)).await;
                });
            }
        });
        cable
    }

    pub fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    pub fn mend(&self) {
        self.state.store(WHOLE, Ordering::SeqCst);
    }

    /// Every call ends, and no new one comes through.
    pub fn cut(&self) {
        self.state.store(DOWN, Ordering::SeqCst);
    }

    /// Calls reach HQ, each on a new connection, and their answers are lost.
    pub fn deafen(&self) {
        self.state.store(DEAF, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

/// Carries bytes both ways until one side ends, or the line is cut. A deaf line carries TLS's handshake (HQ
/// speaks once, the till answers and asks), and nothing that HQ says after it.
async fn carry(till: TcpStream, hq: TcpStream, state: &AtomicU8, deaf: Option<&AtomicUsize>) {
    let (mut from_till, mut to_till) = till.into_split();
    let (mut from_hq, mut to_hq) = hq.into_split();
    let (mut heard, mut spoke, mut deafened) = (false, false, None);
    let (mut up, mut down) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    loop {
        tokio::select! {
            read = from_till.read(&mut up) => match read {
                Ok(1..) if state.load(Ordering::SeqCst) == DOWN => return,
                Ok(count @ 1..) => {
                    spoke |= heard;
                    if to_hq.write_all(&up[..count]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            read = from_hq.read(&mut down) => match read {
                Ok(1..) if deaf.is_some() && spoke => {
                    deafened.get_or_insert_with(tokio::time::Instant::now);
                }
                Ok(count @ 1..) => {
                    heard = true;
                    if to_till.write_all(&down[..count]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
        let now = state.load(Ordering::SeqCst);
        if now == DOWN || (now == DEAF && deaf.is_none()) {
            return;
        }
        if let (Some(lost), Some(since)) = (deaf, deafened)
            && since.elapsed() > HQ_TIME
        {
            lost.fetch_add(1, Ordering::SeqCst);
            return;
        }
    }
}
