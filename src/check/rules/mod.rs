//! The rules: what the law and the forms ask of one document or one case.

pub mod citation;
pub mod citizen_id;
pub mod credit_code;
pub mod yuan;
