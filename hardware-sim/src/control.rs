//! The bench over loopback HTTP, so that any script can drive it. JSON in and out.
//!
//! | request | does |
//! |---|---|
//! | `GET /` | socket, and whether pcscd runs |
//! | `GET /readers` | what lies where |
//! | `GET /readers/N/exchanges` | the last commands and answers |
//! | `POST /readers/N/card` `{"card":"anna"}` | lays a card down; `"replace":true` takes another one away first; `"beside":"neither"` or `"new"` lays it beside what lies there, and says which the reader sees; `"next":true` lays it down as soon as a fault takes away what lies there |
//! | `DELETE /readers/N/card` | takes the card away |
//! | `PUT /readers/N/fault` `{"kind":"remove-at","apdu":2}` | sets a fault, as [`crate::Fault`] is written; each with `once` |
//! | `DELETE /readers/N/fault` | takes the fault away |
//! | `GET /cards` | the cards that were laid down, made or loaded, and where they lie |
//! | `GET /cards/CARD` | one card and its memory, keys too; a card that never lay here, as it is when new |
//! | `PUT /cards/CARD` (a memory) | puts that memory into the card |
//! | `POST /cards/CARD` | a new card in place of the one before |
//! | `POST /pcscd/kill`, `POST /pcscd/start` | ends pcscd as `kill -9` does; starts it again |
//!
//! An error is `{"error": words}` with 400, 404, 409 or 500. It trusts whoever reaches the loopback
//! address: it is a test bench, and no part of the product.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{CardSpec, FaultSetting, ReaderModel, SavedCard, Seen, SimError, Simulator};

/// What a script needs to know about a running simulator; the content of the state file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServeInfo {
    /// Address of the control API.
    pub control: String,
    /// Environment variable for PC/SC programs.
    #[serde(rename = "PCSCLITE_CSOCK_NAME")]
    pub socket: String,
    /// Process id of the simulator.
    pub pid: u32,
    /// Names of the readers on serial lines, as libnfc takes them (`pn532_uart:/dev/…`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pn532: Vec<String>,
}

/// A card of the bench.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// Which card it is, as [`CardSpec`] is written.
    pub card: String,
    /// The reader that it lies on, from 1.
    pub reader: Option<usize>,
    /// It never lay on a reader and was never loaded: this is what it will be when it is new.
    #[serde(default)]
    pub is_new: bool,
    /// All that it remembers, keys too; left out where many cards are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<SavedCard>,
}

#[derive(Deserialize)]
struct LayRequest {
    card: String,
    #[serde(default)]
    replace: bool,
    beside: Option<Seen>,
    #[serde(default)]
    next: bool,
}

type Bench = State<Arc<Simulator>>;

/// Serves the bench until `stop` is ready.
///
/// # Errors
/// As the listener's.
pub async fn serve(
    listener: TcpListener,
    bench: Arc<Simulator>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(bench))
        .with_graceful_shutdown(stop)
        .await
}

/// The description of a bench that is served at `address`.
pub fn info(address: SocketAddr, bench: &Simulator) -> ServeInfo {
    ServeInfo {
        control: format!("http://{address}"),
        socket: bench.socket().display().to_string(),
        pid: std::process::id(),
        pn532: bench
            .readers()
            .into_iter()
            .filter(|reader| reader.model == ReaderModel::Pn532)
            .map(|reader| reader.name)
            .collect(),
    }
}

fn router(bench: Arc<Simulator>) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/readers", get(readers))
        .route("/readers/{reader}/exchanges", get(exchanges))
        .route("/readers/{reader}/card", post(lay).delete(lift))
        .route(
            "/readers/{reader}/fault",
            axum::routing::put(set_fault).delete(clear_fault),
        )
        .route("/cards", get(cards))
        .route("/cards/{card}", get(card).put(load_card).post(new_card))
        .route("/pcscd/kill", post(kill_pcscd))
        .route("/pcscd/start", post(start_pcscd))
        .with_state(bench)
}

async fn root(State(bench): Bench) -> Json<Value> {
    Json(json!({
        "PCSCLITE_CSOCK_NAME": bench.socket().display().to_string(),
        "pcscd": bench.pcscd_id(),
    }))
}

async fn readers(State(bench): Bench) -> Response {
    Json(bench.readers()).into_response()
}

async fn exchanges(State(bench): Bench, Path(reader): Path<usize>) -> Result<Response, Refused> {
    Ok(Json(bench.exchanges(reader)?).into_response())
}

async fn lay(
    State(bench): Bench,
    Path(reader): Path<usize>,
    Json(request): Json<LayRequest>,
) -> Result<Response, Refused> {
    let card: CardSpec = request.card.parse()?;
    if request.replace {
        bench.remove(reader)?;
    }
    match request.beside {
        _ if request.next => bench.set_next(reader, Some(&card))?,
        Some(seen) => bench.tap_beside(reader, &card, seen)?,
        None => bench.tap(reader, &card)?,
    }
    Ok(Json(bench.reader(reader)?).into_response())
}

async fn lift(State(bench): Bench, Path(reader): Path<usize>) -> Result<Response, Refused> {
    let card = bench.remove(reader)?.map(|card| card.to_string());
    Ok(Json(json!({ "removed": card })).into_response())
}

async fn set_fault(
    State(bench): Bench,
    Path(reader): Path<usize>,
    Json(fault): Json<FaultSetting>,
) -> Result<Response, Refused> {
    bench.set_fault(reader, Some(fault))?;
    Ok(Json(bench.reader(reader)?).into_response())
}

async fn clear_fault(State(bench): Bench, Path(reader): Path<usize>) -> Result<Response, Refused> {
    bench.set_fault(reader, None)?;
    Ok(Json(bench.reader(reader)?).into_response())
}

async fn cards(State(bench): Bench) -> Json<Vec<CardView>> {
    let view = |card: String, reader| CardView {
        card,
        reader,
        is_new: false,
        memory: None,
    };
    let readers = bench.readers().into_iter();
    let mut cards: Vec<CardView> = readers
        .filter_map(|reader| Some(view(reader.card?, Some(reader.reader))))
        .collect();
    for (name, _) in bench.shelf().all() {
        if cards.iter().all(|card| card.card != name) {
            cards.push(view(name, None));
        }
    }
    Json(cards)
}

async fn card(State(bench): Bench, Path(card): Path<String>) -> Result<Json<CardView>, Refused> {
    Ok(Json(seen(&bench, &card.parse()?)))
}

async fn load_card(
    State(bench): Bench,
    Path(card): Path<String>,
    Json(memory): Json<SavedCard>,
) -> Result<Json<CardView>, Refused> {
    let card: CardSpec = card.parse()?;
    if !memory.fits(&card) {
        return Err(Refused(SimError::BadImage {
            why: format!("it is of another chip than {card}"),
        }));
    }
    shelve(&bench, &card, memory)
}

async fn new_card(
    State(bench): Bench,
    Path(card): Path<String>,
) -> Result<Json<CardView>, Refused> {
    let card: CardSpec = card.parse()?;
    let fresh = SavedCard::fresh(&card);
    shelve(&bench, &card, fresh)
}

/// Puts a card on the shelf. One that lies on a reader would overwrite it when it is taken away.
fn shelve(
    bench: &Simulator,
    card: &CardSpec,
    memory: SavedCard,
) -> Result<Json<CardView>, Refused> {
    if let Some(reader) = where_lies(bench, card) {
        return Err(Refused(SimError::Occupied { reader }));
    }
    bench.shelf().put(card, memory);
    Ok(Json(seen(bench, card)))
}

fn seen(bench: &Simulator, card: &CardSpec) -> CardView {
    let known = bench.card(card);
    CardView {
        card: card.to_string(),
        reader: where_lies(bench, card),
        is_new: known.is_none(),
        memory: Some(known.unwrap_or_else(|| SavedCard::fresh(card))),
    }
}

fn where_lies(bench: &Simulator, card: &CardSpec) -> Option<usize> {
    let name = card.to_string();
    let mut readers = bench.readers().into_iter();
    let found = readers.find(|reader| reader.card.as_deref() == Some(&name));
    found.map(|reader| reader.reader)
}

async fn kill_pcscd(bench: Bench) -> Result<Response, Refused> {
    pcscd(bench, Simulator::kill_pcscd).await
}

async fn start_pcscd(bench: Bench) -> Result<Response, Refused> {
    pcscd(bench, Simulator::start_pcscd).await
}

/// Runs what waits for a process away from the threads that serve.
async fn pcscd(
    State(bench): Bench,
    work: fn(&Simulator) -> Result<(), SimError>,
) -> Result<Response, Refused> {
    let running = bench.clone();
    tokio::task::spawn_blocking(move || work(&bench))
        .await
        .map_err(|_| SimError::PcscdFailed {
            why: "the simulator failed inside".into(),
        })??;
    Ok(Json(json!({ "pcscd": running.pcscd_id() })).into_response())
}

/// An error as an answer.
struct Refused(SimError);

impl From<SimError> for Refused {
    fn from(error: SimError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            SimError::NoSuchReader { .. } => StatusCode::NOT_FOUND,
            SimError::Occupied { .. }
            | SimError::Elsewhere { .. }
            | SimError::PcscdState { .. } => StatusCode::CONFLICT,
            SimError::BadCard { .. }
            | SimError::BadImage { .. }
            | SimError::BadFault { .. }
            | SimError::TooManyReaders { .. } => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}
