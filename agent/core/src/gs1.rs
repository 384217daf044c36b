//! GS1 data as a scanner reads it: element strings, Digital Links, and the coupons they carry.
//!
//! Pure reading and writing of what GS1 published: the General Specifications, the Digital Link URI
//! Syntax and, below "the guideline", the *North American Coupon Application Guideline Using GS1
//! DataBar Expanded Symbols* (JICC, R2.0, 2015). Which of it sells an item or takes a coupon is
//! left to the till; asking a clearing house about an offer is left to whoever has a line.

mod carrier;
mod charset;
mod check;
mod coupon;
mod element;
mod error;
mod link;
mod percent;
mod table;

pub use carrier::Carried;
pub use check::check_digit;
pub use coupon::*;
pub use element::{Element, Elements, GROUP_SEPARATOR, Partly};
pub use error::{Gs1Error, Gs1Fault};
pub use link::{LINK_LIMIT, is_web_address};
pub use table::{Definition, definition};
