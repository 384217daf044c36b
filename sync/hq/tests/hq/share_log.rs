//! What HQ writes down beside its database about the shares that it gives.

use crate::fixture::Folder;
use crate::journal::NOON;
use tillside_core::authority::*;
use tillside_core::*;
use tillside_hq::leases::LeaseStore;
use tillside_hq::leases::log::{ShareLog, ShareLogError};

fn terms(number: u128, expires_at: Timestamp) -> Terms {
    Terms {
        id: AllowanceId::new(uuid::Uuid::from_u128(number)),
        holder: TerminalId::new(uuid::Uuid::from_u128(9)),
        epoch: 1,
        serial: number as u64,
        subject: quota_of(&PlanId::new("FIRST").unwrap()).unwrap(),
        amount: 3,
        not_before: Timestamp(0),
        expires_at,
        clock_bound_s: 60,
        policy: tillside_hq::leases::LEASE_POLICY,
    }
}

fn later(ms: i64) -> Timestamp {
    Timestamp(NOON.0 + ms)
}

#[test]
fn each_share_is_in_it_once_until_it_is_surely_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hq.shares");
    let [first, second] = [terms(1, later(1_000)), terms(2, later(500_000))];
    let mut log = ShareLog::at(&path);
    assert_eq!(log.read(NOON).unwrap(), []);
    log.keep(std::slice::from_ref(&first)).unwrap();
    log.keep(&[first.clone(), second.clone()]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    assert_eq!(
        ShareLog::at(&path).read(later(60_999)).unwrap(),
        [first, second.clone()]
    );
    // By its holder's clock the first ended two minutes ago at most.
    let mut after = ShareLog::at(&path);
    assert_eq!(after.read(later(61_000)).unwrap(), [second]);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    after.keep(&[terms(3, later(500_000))]).unwrap();
    assert_eq!(ShareLog::at(&path).read(NOON).unwrap().len(), 2);
}

#[test]
fn a_line_that_was_cut_off_is_left_out_and_a_damaged_one_stops_hq() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hq.shares");
    let both = [terms(1, later(9_000)), terms(2, later(9_000))];
    ShareLog::at(&path).keep(&both).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in first..whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        // Whether it is read first, or written to at once.
        ShareLog::at(&path).keep(&both[1..]).unwrap();
        assert_eq!(
            ShareLog::at(&path).read(NOON).unwrap(),
            both,
            "cut at {cut}"
        );
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!(ShareLog::at(&path).read(NOON).unwrap(), both[..1]);
    }
    let mut damaged = whole;
    damaged[first / 2] = b'}';
    std::fs::write(&path, &damaged).unwrap();
    let Err(ShareLogError::Damaged { line: 1, .. }) = ShareLog::at(&path).read(NOON) else {
        panic!("a damaged line went unseen");
    };
    assert_eq!(std::fs::read(&path).unwrap(), damaged);
}

#[tokio::test]
async fn a_share_that_cannot_be_written_down_is_not_given() {
    let folder = Folder::empty();
    let store = folder
        .store
        .clone()
        .with_share_log(&folder.path().join("no/such/folder/hq.shares"));
    assert_eq!(store.recall_shares(NOON).await.unwrap(), 0);
    let refused = crate::leases::wish(&store).await.unwrap_err();
    assert!(refused.to_string().contains("shares"), "{refused}");
    // As soon as it can be, it is: the same one.
    let given = crate::leases::wish(&folder.store).await.unwrap().granted;
    assert_eq!(given[0].serial, 1);
    let mut log = ShareLog::at(&folder.path().join("hq.shares"));
    assert_eq!(log.read(NOON).unwrap(), given);
}
