//! GS1 data: what scanners and phones send, read and written again; the published vectors.

mod carriers;
mod coupon_fields;
mod coupon_rules;
mod coupon_vectors;
mod coupons;
mod damaged_coupons;
mod elements;
mod links;
