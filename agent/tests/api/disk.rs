//! A full disk: nothing is half recorded, the till says so, and goes on when there is room.

use crate::shop::{COFFEE, Shop, cash, count, prepare};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk of its own, unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"])
            .arg(at)
            .status();
        assert!(
            mounted.as_ref().is_ok_and(|status| status.success()),
            "this test mounts a small tmpfs, which needs root and `mount` (run `cargo xtask setup` as root): {mounted:?}"
        );
        Self(at.to_owned())
    }

    fn fill(&self) {
        let mut file = File::create(self.0.join("filler")).unwrap();
        for size in [1 << 16, 1 << 12, 1 << 8, 1] {
            while file.write_all(&vec![0u8; size]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

fn key(sale: &str) -> String {
    sale.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn a_full_disk_records_nothing_and_the_till_goes_on_after() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(&folder.path().join("disk"));
    let data = disk.0.join("data");
    prepare(&data);
    let mut shop = Shop::in_folder(&data);
    let anna = shop.cashier();
    let sales: Vec<String> = (0..40).map(|_| anna.open_sale()).collect();
    for sale in &sales {
        anna.scan(sale, COFFEE);
    }
    disk.fill();
    // Some may still find room in what the database holds already.
    let pay = |sale: &String| anna.keyed("POST", &format!("{sale}/checkout"), &key(sale), &cash());
    let full = sales
        .iter()
        .map(pay)
        .enumerate()
        .find(|(_, reply)| reply.status != 200);
    let (paid, refused) = full.expect("the disk never filled");
    let words = refused.refused(507, "disk_full");
    assert!(words.contains("nothing was recorded"), "{words}");
    assert_eq!(anna.get(&sales[paid]).good()["state"], "open");
    let status = anna.get("/v1/status").good();
    assert!(
        status["problems"].to_string().contains("disk_full"),
        "{status}"
    );

    disk.free();
    // The same key, sent again.
    pay(&sales[paid]).good();
    let status = anna.get("/v1/status").good();
    assert!(
        !status["problems"].to_string().contains("disk_full"),
        "{status}"
    );
    shop.stop();
    assert_eq!(count(&shop.journal(), "sale_completed"), paid + 1);
}
