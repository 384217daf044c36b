//! The identifiers of four digits that are no measures: transport, fresh food, assets, coupons.

use super::{
    Charset, Check, Definition, N6, Part, SSCC, X20, X30, key_number, n, n_to, one, part, run, x,
};

const X35: &[Part] = &[x(35)];
const X70: &[Part] = &[x(70)];
const DAY: &[Part] = &[n(6).check(Check::Day)];
const DAY_TIME: &[Part] = &[n(6).check(Check::DayOrMonth), n(4).check(Check::Time)];
const DAY_OR_SPAN: &[Part] = &[n(6).check(Check::Day), n(6).check(Check::Day).optional()];
const YES_NO: &[Part] = &[n(1).check(Check::YesNo)];
const TEMPERATURE: &[Part] = &[n(6), part(Charset::Set82, 1, 1).optional()];
const PIECE: &[Part] = &[key_number(14), n(4).check(Check::Piece)];
const PROCESSOR: &[Part] = &[n(3), x(27)];
const CERTIFICATE: &[Part] = &[part(Charset::Set82, 2, 2), x(28)];

pub(super) const TABLE: &[Definition] = &[
    run("4300", "4301", "SHIP TO NAME", X35),
    run("4302", "4306", "SHIP TO ADDRESS", X70),
    one("4307", "SHIP TO COUNTRY", &[part(Charset::Set82, 2, 2)]),
    one("4308", "SHIP TO PHONE", X30),
    one("4309", "SHIP TO GEO", &[n(20)]),
    run("4310", "4311", "RTN TO NAME", X35),
    run("4312", "4316", "RTN TO ADDRESS", X70),
    one("4317", "RTN TO COUNTRY", &[part(Charset::Set82, 2, 2)]),
    one("4318", "RTN TO POST", X20),
    one("4319", "RTN TO PHONE", X30),
    one("4320", "SRV DESCRIPTION", X35),
    run("4321", "4323", "SERVICE FLAG", YES_NO),
    run("4324", "4325", "DELIVERY TIME", DAY_TIME),
    one("4326", "REL DATE", DAY),
    run("4330", "4333", "TEMPERATURE", TEMPERATURE),
    one("7001", "NSN", &[n(13)]),
    one("7002", "MEAT CUT", X30),
    one(
        "7003",
        "EXPIRY TIME",
        &[n(6).check(Check::Day), n(4).check(Check::Time)],
    ),
    one("7004", "ACTIVE POTENCY", &[n_to(4)]),
    one("7005", "CATCH AREA", &[x(12)]),
    one("7006", "FIRST FREEZE DATE", DAY),
    one("7007", "HARVEST DATE", DAY_OR_SPAN),
    one("7008", "AQUATIC SPECIES", &[x(3)]),
    one("7009", "FISHING GEAR TYPE", &[x(10)]),
    one("7010", "PROD METHOD", &[x(2)]),
    one(
        "7011",
        "TEST BY DATE",
        &[n(6).check(Check::Day), n(4).check(Check::Time).optional()],
    ),
    one("7020", "REFURB LOT", X20),
    one("7021", "FUNC STAT", X20),
    one("7022", "REV STAT", X20),
    one("7023", "GIAI - ASSEMBLY", X30),
    run("7030", "7039", "PROCESSOR", PROCESSOR),
    one("7040", "UIC+EXT", &[n(1), part(Charset::Set82, 3, 3)]),
    run("7230", "7239", "CERT", CERTIFICATE),
    one("7240", "PROTOCOL", X20),
    one("7241", "AIDC MEDIA TYPE", &[n(2)]),
    one("7242", "VCN", &[x(25)]),
    one("8001", "DIMENSIONS", &[n(14)]),
    one("8002", "CMT No.", X20),
    one(
        "8003",
        "GRAI",
        &[n(1).check(Check::Zero), key_number(13), x(16).optional()],
    )
    .key(&[&[]]),
    one("8004", "GIAI", X30).key(&[&["7040"]]),
    one("8005", "PRICE PER UNIT", N6),
    one("8006", "ITIP", PIECE).key(&[&["22", "10", "21"]]),
    one("8007", "IBAN", &[x(34).check(Check::Iban)]),
    one("8008", "PROD TIME", &[n(8).check(Check::DayHour), MINUTES]),
    one("8009", "OPTSEN", &[x(50)]),
    one("8010", "CPID", &[part(Charset::Set39, 1, 30)]).key(&[&["8011"]]),
    one("8011", "CPID SERIAL", &[n_to(12).check(Check::Unpadded)]),
    one("8012", "VERSION", X20),
    one("8013", "GMN", &[x(25).check(Check::ModelPair)]).key(&[&[]]),
    one("8017", "GSRN - PROVIDER", SSCC).key(&[&["8019"]]),
    one("8018", "GSRN - RECIPIENT", SSCC).key(&[&["8019"]]),
    one("8019", "SRIN", &[n_to(10)]),
    one("8020", "REF No.", &[x(25)]),
    one("8026", "ITIP CONTENT", PIECE),
    one("8030", "DIGSIG", &[part(Charset::Set64, 1, 90)]),
    one("8110", "NORTH AMERICAN COUPON", X70),
    one("8111", "POINTS", &[n(4)]),
    one("8112", "POSITIVE OFFER COUPON", X70),
    one("8200", "PRODUCT URL", X70),
];

/// Minutes, or minutes and seconds.
const MINUTES: Part = part(Charset::Digits, 2, 4)
    .check(Check::MinuteSecond)
    .optional();
