//! What the screens hear.

use crate::shop::Shop;
use crate::wire;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;

pub struct Stream(BufReader<TcpStream>);

impl Stream {
    pub fn open(shop: &Shop) -> Self {
        let token = format!("Bearer {}", shop.agent().token());
        let headers = [("Authorization", token.as_str())];
        let stream =
            wire::send(shop.agent().address(), "GET", "/v1/events", &headers, b"").unwrap();
        Self(BufReader::new(stream))
    }

    /// The first line of the answer.
    fn head(&mut self) -> String {
        let mut head = String::new();
        self.0.read_line(&mut head).unwrap();
        head
    }

    /// The next event of a name, and its data.
    pub fn next(&mut self, name: &str) -> serde_json::Value {
        let begin = std::time::Instant::now();
        let mut seen = String::new();
        let mut matching = false;
        loop {
            let mut line = String::new();
            assert!(
                begin.elapsed().as_secs() < 60,
                "no {name} came after {seen}"
            );
            assert!(
                self.0.read_line(&mut line).unwrap() > 0,
                "the stream ended after {seen}"
            );
            if let Some(event) = line.strip_prefix("event: ") {
                matching = event.trim() == name;
                seen += event;
            }
            if let Some(data) = line.strip_prefix("data: ").filter(|_| matching) {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

#[test]
fn a_sale_and_what_waits_are_told() {
    let shop = Shop::open();
    let mut stream = Stream::open(&shop);
    assert_eq!(stream.next("readers")["card_service"]["up"], false);
    let before = stream.next("line")["unconfirmed"].as_u64().unwrap();
    let anna = shop.cashier();
    let sale = anna.sold();
    let waiting = stream.next("line");
    assert_eq!(waiting["unconfirmed"].as_u64(), Some(before + 1));
    assert!(
        waiting["line"]["words"]
            .as_str()
            .unwrap()
            .contains("wait to be sent")
    );
    let told = stream.next("sale");
    assert_eq!(told["sale"], anna.get(&sale).good());
}

#[test]
fn listeners_are_limited_and_make_room_when_they_go() {
    let shop = Shop::open();
    let mut streams: Vec<Stream> = (0..16).map(|_| Stream::open(&shop)).collect();
    for stream in &mut streams {
        stream.next("line");
    }
    // Not read to its end: were it accepted, it would have none.
    assert!(Stream::open(&shop).head().contains("503"));
    drop(streams);
    // The server sees an ended connection when it next writes: a sale makes it write.
    let anna = shop.cashier();
    let mut tries = 0;
    let mut stream = loop {
        anna.sold();
        let mut stream = Stream::open(&shop);
        let head = stream.head();
        if head.contains("200") {
            break stream;
        }
        tries += 1;
        assert!(tries < 100, "the places were never given back: {head}");
    };
    stream.next("line");
}
