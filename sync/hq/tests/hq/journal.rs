//! A terminal's journal and what it writes down, made by hand.

use tillside_core::*;
use tillside_hq::ingest::take;
use tillside_hq::store::HqStore;
use tillside_protocol::{Outcome, PushRequest, PushResponse};
use uuid::Uuid;

pub(crate) const NOON: Timestamp = Timestamp(1_780_000_000_000);

/// An id that is the same in every run.
pub(crate) fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number)
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

/// A terminal with the records it has written.
#[derive(Clone)]
pub(crate) struct Journal {
    pub(crate) terminal: TerminalId,
    pub(crate) store: StoreId,
    pub(crate) head: Head,
    pub(crate) records: Vec<Sealed>,
}

impl Journal {
    pub(crate) fn new(terminal: TerminalId, store: &str) -> Self {
        Self {
            terminal,
            store: StoreId::new(store).unwrap(),
            head: Head::genesis(terminal, 1),
            records: Vec::new(),
        }
    }

    /// Writes a fact down.
    pub(crate) fn append(&mut self, event: Event) -> Sealed {
        let sealed = self.record(event).seal().unwrap();
        self.keep(sealed)
    }

    /// The record that a fact would become.
    pub(crate) fn record(&self, event: Event) -> Record {
        Record {
            v: RECORD_VERSION,
            terminal: self.terminal,
            epoch: self.head.epoch,
            seq: self.head.seq + 1,
            prev: self.head.hash,
            at: Timestamp(NOON.0 + i64::try_from(self.head.seq).unwrap()),
            clock: Clock::Trusted,
            event,
        }
    }

    /// Writes a fact down at a time, and sends it at another.
    pub(crate) async fn tell_at(
        &mut self,
        store: &impl HqStore,
        event: Event,
        (at, arrives): (Timestamp, Timestamp),
    ) -> Outcome {
        let record = Record {
            at,
            ..self.record(event)
        };
        let sealed = self.keep(record.seal().unwrap());
        let request = self.request(&[sealed]);
        let mut response = take(store, self.terminal, request, arrives).await.unwrap();
        response.acks.remove(0).outcome
    }

    /// Takes any text as the next record.
    pub(crate) fn append_body(&mut self, body: String) -> Sealed {
        self.keep(Sealed {
            seq: self.head.seq + 1,
            hash: Hash::of(body.as_bytes()),
            body,
        })
    }

    pub(crate) fn keep(&mut self, sealed: Sealed) -> Sealed {
        self.head = Head {
            seq: sealed.seq,
            hash: sealed.hash,
            ..self.head
        };
        self.records.push(sealed.clone());
        sealed
    }

    /// Sends records as one batch.
    pub(crate) async fn push(&self, store: &impl HqStore, records: &[Sealed]) -> PushResponse {
        take(store, self.terminal, self.request(records), NOON)
            .await
            .unwrap()
    }

    pub(crate) fn request(&self, records: &[Sealed]) -> PushRequest {
        PushRequest {
            terminal: self.terminal,
            epoch: self.head.epoch,
            records: records.to_vec(),
            signed: None,
        }
    }

    /// Writes a fact down, sends it, and says what became of it.
    pub(crate) async fn tell(&mut self, store: &impl HqStore, event: Event) -> Outcome {
        let sealed = self.append(event);
        let mut response = self.push(store, &[sealed]).await;
        assert_eq!(response.acks.len(), 1);
        response.acks.remove(0).outcome
    }
}

/// What a batch's answers were.
pub(crate) fn outcomes(response: &PushResponse) -> Vec<Outcome> {
    response
        .acks
        .iter()
        .map(|ack| ack.outcome.clone())
        .collect()
}

/// Money, and the points that had paid.
fn paid_back(priced: &PricedReturn) -> Vec<Tender> {
    let points = priced.points.map(|(points, worth)| {
        let parts = Vec::new();
        Tender::points(PointsSpent { points, parts }, worth)
    });
    let worth = points.as_ref().map_or(eur(0), |tender| tender.amount);
    let cash = priced.total.checked_sub(worth).unwrap();
    let cash = (cash.minor() > 0).then_some(Tender::new(TenderKind::Cash, cash));
    cash.into_iter().chain(points).collect()
}

/// A sale being put together.
pub(crate) struct Sale(SaleCompleted);

impl Sale {
    /// A sale of 10.00 EUR to nobody.
    pub(crate) fn new(number: u128) -> Self {
        let line = Line {
            item: Item::Sku(Sku::new("BREAD-1").unwrap()),
            name: "Bread".to_owned(),
            quantity: 1,
            unit_price: eur(1000),
            category: None,
            tax_class: TaxClass::new("reduced").unwrap(),
        };
        Self(SaleCompleted {
            sale: SaleId::new(uuid(number)),
            lane: LaneId::new("1").unwrap(),
            cashier: PersonId::new("anna").unwrap(),
            at: NOON,
            date: jiff::civil::date(2026, 5, 28),
            currency: Currency::EUR,
            lines: vec![line],
            customer: None,
            discounts: Vec::new(),
            promotions: Vec::new(),
            counted: Vec::new(),
            coupons: Vec::new(),
            awards: Vec::new(),
            lots: Vec::new(),
            subtotal: eur(1000),
            total: eur(1000),
            tenders: vec![Tender::new(TenderKind::Cash, eur(1000))],
            rules: 1,
        })
    }

    pub(crate) fn member(mut self, member: MemberId) -> Self {
        self.0.customer = Some(Customer {
            card: None,
            member: Some(member),
        });
        self
    }

    pub(crate) fn card(mut self, card: &str) -> Self {
        self.0.customer = Some(Customer {
            card: Some(CardIdentity::new(card).unwrap()),
            member: None,
        });
        self
    }

    pub(crate) fn points(mut self, points: i64) -> Self {
        let lot = Lot {
            sale: self.0.sale,
            index: u32::try_from(self.0.lots.len()).unwrap(),
            amount: Points(points),
            funder: FunderId::new("chain").unwrap(),
            pending_until: NOON,
            expires_on: None,
            on: Vec::new(),
        };
        self.0.lots.push(lot);
        self
    }

    /// Uses a coupon of SPRING-5 that takes off 1.00 EUR, by the authority of `store`.
    pub(crate) fn coupon(mut self, number: &str, store: &StoreId) -> Self {
        let number = CouponNumber::new(number).unwrap();
        let plan = PlanId::new("SPRING-5").unwrap();
        self.0.discounts.push(Discount {
            plan: plan.clone(),
            coupon: number.clone(),
            amount: eur(100),
            spread: vec![(0, 100)],
            funder: FunderId::new("chain").unwrap(),
            why: "10 % off".to_owned(),
        });
        self.0.coupons.push(CouponRedeemed {
            number,
            plan,
            proof: Proof::StoreBound {
                store: store.clone(),
                bundle: 1,
            },
        });
        self.0.total = self.0.total.checked_sub(eur(100)).unwrap();
        self.0.tenders[0].amount = self.0.total;
        self
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut SaleCompleted)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn event(&self) -> Event {
        Event::SaleCompleted(Box::new(self.0.clone()))
    }

    /// So many of the first line.
    pub(crate) fn of(self, quantity: u32) -> Self {
        self.change(|sale| {
            sale.lines[0].quantity = quantity;
            sale.lines[0].unit_price = eur(1000 / i64::from(quantity));
        })
    }

    /// A return of so many of the first line, by a till that knows so many to be back.
    pub(crate) fn back(&self, number: u128, quantity: u32, before: u32) -> Event {
        let sale = &self.0;
        let before = match before {
            0 => Quantities::new(),
            some => Quantities::from([(0, some)]),
        };
        let priced = price_return(sale, &before, &[(0, quantity)]).unwrap();
        Event::GoodsReturned(Box::new(GoodsReturned {
            id: ReturnId::new(uuid(7_000 + number)),
            sale: sale.sale,
            lane: sale.lane.clone(),
            cashier: sale.cashier.clone(),
            approved_by: PersonId::new("maria").unwrap(),
            reason: "too dark".to_owned(),
            at: NOON,
            date: sale.date,
            tenders: paid_back(&priced),
            lines: priced.lines,
            total: priced.total,
            customer: sale.customer.clone(),
            lots: priced.lots,
        }))
    }

    /// The void of this sale.
    pub(crate) fn void(&self) -> Event {
        let sale = &self.0;
        Event::SaleVoided(Box::new(SaleVoided {
            sale: sale.sale,
            cashier: sale.cashier.clone(),
            approved_by: PersonId::new("maria").unwrap(),
            reason: "wrong basket".to_owned(),
            date: sale.date,
            tenders: sale.tenders.clone(),
            customer: sale.customer.clone(),
            lots: sale.lots.clone(),
            leased: Vec::new(),
            points: Vec::new(),
            coupons: sale.coupons.iter().map(|c| c.number.clone()).collect(),
            counted: sale.counted.clone(),
        }))
    }
}
