//! The identifiers of two and three digits.

use super::{
    Charset, DATE, Definition, GLN, GTIN, Part, SSCC, X20, X30, X90, key_number, n, n_to, one,
    part, run, x,
};

const VARIABLE_COUNT: &[Part] = &[n_to(8)];
const COUNTRY: &[Part] = &[n(3)];
const COUNTRIES: &[Part] = &[part(Charset::Digits, 3, 15)];

pub(super) const TABLE: &[Definition] = &[
    one("00", "SSCC", SSCC).predefined().key(&[&[]]),
    one("01", "GTIN", GTIN)
        .predefined()
        .key(&[&["22", "10", "21"], &["235"]]),
    one("02", "CONTENT", GTIN).predefined(),
    one("10", "BATCH/LOT", X20),
    one("11", "PROD DATE", DATE).predefined(),
    one("12", "DUE DATE", DATE).predefined(),
    one("13", "PACK DATE", DATE).predefined(),
    one("15", "BEST BEFORE", DATE).predefined(),
    one("16", "SELL BY", DATE).predefined(),
    one("17", "USE BY", DATE).predefined(),
    one("20", "VARIANT", &[n(2)]).predefined(),
    one("21", "SERIAL", X20),
    one("22", "CPV", X20),
    one("235", "TPX", &[x(28)]),
    one("240", "ADDITIONAL ID", X30),
    one("241", "CUST. PART No.", X30),
    one("242", "MTO VARIANT", &[n_to(6)]),
    one("243", "PCN", X20),
    one("250", "SECONDARY SERIAL", X30),
    one("251", "REF. TO SOURCE", X30),
    one("253", "GDTI", &[key_number(13), x(17).optional()]).key(&[&[]]),
    one("254", "GLN EXTENSION COMPONENT", X20),
    one("255", "GCN", &[key_number(13), n_to(12).optional()]).key(&[&[]]),
    one("30", "VAR. COUNT", VARIABLE_COUNT),
    one("37", "COUNT", VARIABLE_COUNT),
    one("400", "ORDER NUMBER", X30),
    one("401", "GINC", X30).key(&[&[]]),
    one("402", "GSIN", &[key_number(17)]).key(&[&[]]),
    one("403", "ROUTE", X30),
    one("410", "SHIP TO LOC", GLN).predefined(),
    one("411", "BILL TO", GLN).predefined(),
    one("412", "PURCHASE FROM", GLN).predefined(),
    one("413", "SHIP FOR LOC", GLN).predefined(),
    one("414", "LOC No.", GLN)
        .predefined()
        .key(&[&["254"], &["7040"]]),
    one("415", "PAY TO", GLN).predefined().key(&[&["8020"]]),
    one("416", "PROD/SERV LOC", GLN).predefined(),
    one("417", "PARTY", GLN).predefined().key(&[&["7040"]]),
    one("420", "SHIP TO POST", X20),
    one("421", "SHIP TO POST", &[n(3), x(9)]),
    one("422", "ORIGIN", COUNTRY),
    one("423", "COUNTRY - INITIAL PROCESS", COUNTRIES),
    one("424", "COUNTRY - PROCESS", COUNTRY),
    one("425", "COUNTRY - DISASSEMBLY", COUNTRIES),
    one("426", "COUNTRY - FULL PROCESS", COUNTRY),
    one("427", "ORIGIN SUBDIVISION", &[x(3)]),
    run("710", "715", "NHRN", X20),
    one("90", "INTERNAL", X30),
    run("91", "99", "INTERNAL", X90),
];
