//! The core as its users see it: stories by example, properties against a naive oracle written
//! another way, and golden files of everything that is kept for years.
#![allow(clippy::unwrap_used)]

mod at_risk;
mod compiling;
mod coupons;
mod discounts;
mod fixtures;
mod golden;
mod gs1;
mod journal;
mod oracle;
mod points;
mod points_life;
mod printed;
mod properties;
mod purse;
mod redeem;
mod refusals;
mod replay;
mod returns;
mod risk;
mod ruled;
mod sequences;
mod shares;
mod strategies;
mod tokens;
mod values;
mod voids;
mod words;
