//! DESFire cards end to end through a real pcscd: issued, topped up, paid with, voided, and renewed, on a chip
//! that was written from the documents alone.

use tillside_cards::issue::{IssueOrder, issue, renew};
use tillside_cards::purse::{
    CardDay, CardTransaction, Committed, Movement, OpenPurse, PAY_APDU_LIMIT, PurseCard,
};
use tillside_cards::scheme::{CardScheme, Keys};
use tillside_cards::{
    CardAuthority, CardNote, IDENTIFY_APDU_LIMIT, Identified, IdentityError, identify_with,
};
use tillside_drivers::pcsc::PcscReader;
use tillside_drivers::{CardReader, CardSession, FOREVER};
use tillside_keys::file::FileVault;
use tillside_keys::transaction_mac::tmv;
use tillside_keys::{Diversification, KeyRole, KeyVault};
use tillside_sim::Simulator;

use crate::stage::{name_of, on_stage, tap};

const CARD: &str = "desfire-ev3:04F1A2B3C4D5E6";
const UID: [u8; 7] = [0x04, 0xF1, 0xA2, 0xB3, 0xC4, 0xD5, 0xE6];

fn scheme(key_version: u8) -> CardScheme {
    CardScheme {
        aid: [0xF4, 0x84, 0xE0],
        system_id: b"Tillside".to_vec(),
        currency: *b"EUR",
        cap: 50_000,
        log_records: 10,
        key_version,
    }
}

fn order(random_id: bool) -> IssueOrder {
    IssueOrder {
        member: *b"member number 18",
        issued: CardDay(20_000),
        expires: CardDay(21_000),
        random_id,
    }
}

struct Bench<'a> {
    sim: &'a Simulator,
    vault: FileVault,
    draw: u8,
    empty: bool,
    _folder: tempfile::TempDir,
}

impl<'a> Bench<'a> {
    fn new(sim: &'a Simulator) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = FileVault::create(&folder.path().join("keys"), "secret").unwrap();
        for role in KeyRole::ALL {
            for version in [1, 2] {
                vault.generate(role, version).unwrap();
            }
        }
        Self {
            sim,
            vault,
            draw: 0,
            empty: true,
            _folder: folder,
        }
    }

    /// Taps the card and does `job` with it; with the number of commands.
    fn with<T>(
        &mut self,
        job: impl FnOnce(&mut dyn CardSession, &FileVault, &mut dyn FnMut() -> [u8; 16]) -> T,
    ) -> (T, usize) {
        if std::mem::take(&mut self.empty) {
            tap(self.sim, 1, CARD);
        }
        let before = self.sim.reader(1).unwrap().commands;
        let mut pcsc = PcscReader::open(&name_of(self.sim, 1)).unwrap();
        let lying = pcsc.wait_for_card(FOREVER).unwrap().unwrap();
        let done = {
            let mut session = pcsc.connect(&lying).unwrap();
            let draw = &mut self.draw;
            let mut random = || {
                *draw = draw.wrapping_add(1);
                std::array::from_fn(|at| draw.wrapping_mul(37).wrapping_add(at as u8 * 11))
            };
            job(session.as_mut(), &self.vault, &mut random)
        };
        let commands = (self.sim.reader(1).unwrap().commands - before) as usize;
        (done, commands)
    }

    fn identify(&mut self, version: u8) -> (Result<Identified, IdentityError>, usize) {
        let scheme = scheme(version);
        self.with(|session, vault, random| {
            let keys = Keys {
                vault,
                scheme: &scheme,
            };
            identify_with(session, Some(&keys), random)
        })
    }

    fn run(
        &mut self,
        owner: &PurseCard,
        kind: Movement,
        amount: i64,
        number: u8,
    ) -> (Committed, usize) {
        let scheme = scheme(1);
        let tx = CardTransaction {
            txid: [number; 8],
            kind,
            amount,
            points: 3,
            terminal: [1, 2, 3, 4],
            time: 20_500 * 86_400,
        };
        self.with(|session, vault, random| {
            let keys = Keys {
                vault,
                scheme: &scheme,
            };
            let purse = OpenPurse::open(session, keys, owner, random).unwrap();
            purse.stage(&tx).unwrap().commit().unwrap()
        })
    }
}

fn story(sim: &Simulator, random_id: bool) {
    let mut bench = Bench::new(sim);
    let (found, commands) = bench.identify(1);
    let found = found.unwrap();
    assert_eq!(found.note, Some(CardNote::NotOfThisChain));
    assert_eq!(commands, 5);
    for (version, changed) in [(1, true), (1, false)] {
        let scheme = scheme(version);
        let (issued, commands) = bench.with(|session, vault, random| {
            let keys = Keys {
                vault,
                scheme: &scheme,
            };
            issue(session, keys, &order(random_id), random, &mut |_| {}).unwrap()
        });
        assert_eq!(issued.changes > 0, changed, "{issued:?}");
        eprintln!(
            "issued with {} changes in {commands} commands",
            issued.changes
        );
    }
    let (found, commands) = bench.identify(1);
    let found = found.unwrap();
    assert_eq!(found.authority(), CardAuthority::Authenticated);
    assert_eq!(found.uid.as_bytes(), UID);
    assert!(commands <= IDENTIFY_APDU_LIMIT, "{commands}");
    let owner = found.purse.unwrap();

    let input = Diversification::new(
        &UID,
        [0xF4, 0x84, 0xE0],
        KeyRole::TransactionMac,
        b"Tillside",
    );
    let key = bench
        .vault
        .derive(KeyRole::TransactionMac, 1, &input.unwrap())
        .unwrap();
    let mut balance = 0;
    for (number, kind, amount) in [
        (1, Movement::TopUp, 10_000),
        (2, Movement::Pay, 2_500),
        (3, Movement::Pay, 500),
        (4, Movement::Void, 500),
        (5, Movement::Refund, 2_500),
    ] {
        let (done, commands) = bench.run(&owner, kind, amount, number);
        balance += if kind.takes() { -amount } else { amount };
        assert_eq!((done.balance_after, done.tmc), (balance, u32::from(number)));
        assert_eq!(tmv(&key, &UID, done.tmc, &done.tmi), done.tmv, "{kind:?}");
        assert!(!kind.takes() || commands <= PAY_APDU_LIMIT, "{commands}");
    }
    let old = scheme(1);
    let (log, _) = bench.with(|session, vault, random| {
        let keys = Keys {
            vault,
            scheme: &old,
        };
        let mut purse = OpenPurse::open(session, keys, &owner, random).unwrap();
        assert_eq!(purse.standing().balance, balance);
        purse.standing().check().unwrap();
        purse.log().unwrap()
    });
    let numbers: Vec<u8> = log.iter().map(|entry| entry.txid[0]).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    let newer = scheme(2);
    for changed in [true, false] {
        let (renewed, _) = bench.with(|session, vault, random| {
            let keys = Keys {
                vault,
                scheme: &newer,
            };
            renew(session, keys, &order(random_id), random, &mut |_| {}).unwrap()
        });
        assert_eq!(renewed.changes > 0, changed, "{renewed:?}");
    }
    let (found, _) = bench.identify(2);
    assert_eq!(found.unwrap().purse.unwrap().key_version, 2);
}

on_stage! {
    fn a_card_is_issued_used_and_renewed(sim) on [Acr122] {
        story(sim, false);
    }

    fn a_card_that_hides_its_number_is_issued_used_and_renewed(sim) on [Acr1252] {
        story(sim, true);
    }
}
