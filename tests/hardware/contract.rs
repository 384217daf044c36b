//! The PC/SC backend keeps the contract that every backend must keep.

use tillside_drivers::contract::{Hands, check};
use tillside_drivers::pcsc::PcscReader;
use tillside_drivers::{CardReader, ReaderError};
use tillside_sim::{Fault, Simulator};

use crate::stage::{fault, name_of, on_stage, tap};

struct RealPcscd<'s>(&'s Simulator);

impl Hands for RealPcscd<'_> {
    fn open(&mut self) -> Result<Box<dyn CardReader>, ReaderError> {
        Ok(Box::new(PcscReader::open(&name_of(self.0, 1))?))
    }
    fn lay(&mut self) {
        tap(self.0, 1, "anna");
    }
    fn lift(&mut self) {
        self.0.remove(1).unwrap();
    }
    fn lift_in_next_command(&mut self) {
        fault(self.0, Fault::RemoveAt { apdu: 1 });
    }
    fn question(&self) -> (Vec<u8>, Vec<u8>) {
        (
            b"\xFF\xCA\0\0\0".to_vec(),
            b"\x04\xA1\xB2\xC3\xD4\xE5\xF6\x90\x00".to_vec(),
        )
    }
}

on_stage! {
    fn an_acr122_behind_pcscd_keeps_it(sim) on [Acr122] {
        check(&mut RealPcscd(sim)).unwrap();
    }

    fn an_acr1252_behind_pcscd_keeps_it(sim) on [Acr1252] {
        check(&mut RealPcscd(sim)).unwrap();
    }
}
