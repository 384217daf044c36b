//! GS1 data: what scanners and phones send, read and written again; the published vectors.

mod coupon_vectors;
mod elements;
mod links;
