//! `/v1/events`: what happens, as it happens, over server-sent events.

use super::Local;
use crate::events::Happening;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};

/// The most listeners at a time.
pub(crate) const LISTENER_LIMIT: usize = 16;
/// How often a comment line shows that the connection lives.
const BEAT: Duration = Duration::from_secs(15);

/// Room for listeners.
#[derive(Clone, Debug)]
pub(crate) struct Listeners(Arc<Semaphore>);

impl Default for Listeners {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LISTENER_LIMIT)))
    }
}

/// What happens from now on, as server-sent events.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    responses(
        (status = 200, description = "Events card, card_removed, card_unreadable, readers, line, sale, purse, bundle; the readers and the line at once, and a comment line every 15 s. Who reads too slowly is dropped.", content_type = "text/event-stream", body = Happening),
        (status = 503, description = "Too many listeners", body = super::error::ErrorBody)))]
pub(crate) async fn events(State(local): State<Local>) -> Response {
    let Ok(room) = local.listeners.0.clone().try_acquire_owned() else {
        return super::ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_listeners",
            "Too many screens listen to this till. Close one of them.",
        )
        .into_response();
    };
    let queue = local.hub.listen();
    let first = vec![local.devices.happening(), local.board.happening()];
    let listener = Listener {
        queue,
        stop: local.stop.clone(),
        _room: room,
    };
    let events = stream::iter(first).chain(listener.stream()).map(written);
    let beat = KeepAlive::new().interval(BEAT).text("still here");
    Sse::new(events).keep_alive(beat).into_response()
}

struct Listener {
    queue: broadcast::Receiver<Happening>,
    stop: watch::Receiver<bool>,
    _room: OwnedSemaphorePermit,
}

impl Listener {
    /// Ends when the agent stops, or when the listener has missed something.
    fn stream(self) -> impl Stream<Item = Happening> + Send {
        stream::unfold(self, |mut this| async move {
            let happening = tokio::select! {
                happening = this.queue.recv() => happening.ok()?,
                _ = this.stop.wait_for(|stop| *stop) => return None,
            };
            Some((happening, this))
        })
    }
}

fn written(happening: Happening) -> Result<Event, Infallible> {
    let event = Event::default().event(happening.name());
    let written = event.json_data(&happening);
    Ok(written.unwrap_or_else(|_| Event::default().comment("unwritable")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::events::{EVENT_QUEUE, Hub};

    fn listener(hub: &Hub, stop: &watch::Sender<bool>) -> Listener {
        Listener {
            queue: hub.listen(),
            stop: stop.subscribe(),
            _room: Listeners::default().0.try_acquire_owned().unwrap(),
        }
    }

    fn removed() -> Happening {
        let reader = "R".to_owned();
        Happening::CardRemoved { reader }
    }

    /// How many events a listener still hears.
    fn heard(listener: Listener) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let heard = tokio::time::timeout(Duration::from_secs(20), listener.stream().count());
            heard.await.expect("the stream never ended")
        })
    }

    #[test]
    fn who_reads_too_slowly_is_dropped() {
        let (hub, (stop, _)) = (Hub::default(), watch::channel(false));
        let slow = listener(&hub, &stop);
        (0..EVENT_QUEUE).for_each(|_| hub.tell(removed()));
        let just = listener(&hub, &stop);
        hub.tell(removed());
        drop(hub);
        assert_eq!(heard(slow), 0, "it missed the first, so it hears no more");
        assert_eq!(heard(just), 1);
    }

    #[test]
    fn a_stopping_agent_ends_the_stream() {
        let (hub, (stop, _)) = (Hub::default(), watch::channel(false));
        let waiting = listener(&hub, &stop);
        stop.send_replace(true);
        assert_eq!(heard(waiting), 0);
    }
}
