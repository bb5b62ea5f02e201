use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Time};

/// What can be bound to a statement. `None` is a NULL that still knows its type, as PostgreSQL wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
}

macro_rules! value_from {
    ($($ty:ty => |$v:ident| $make:expr, $none:expr;)*) => {$(
        impl From<$ty> for Value {
            fn from($v: $ty) -> Self { $make }
        }
        impl From<Option<$ty>> for Value {
            fn from(v: Option<$ty>) -> Self {
                match v { Some($v) => $make, None => $none }
            }
        }
    )*};
}

value_from! {
    &str => |v| Value::Text(Some(v.to_owned())), Value::Text(None);
    String => |v| Value::Text(Some(v)), Value::Text(None);
    &String => |v| Value::Text(Some(v.clone())), Value::Text(None);
    i64 => |v| Value::Int(Some(v)), Value::Int(None);
    i32 => |v| Value::Int(Some(v.into())), Value::Int(None);
    u32 => |v| Value::Int(Some(v.into())), Value::Int(None);
    Time => |v| Value::Int(Some(v.micros())), Value::Int(None);
    bool => |v| Value::Bool(Some(v)), Value::Bool(None);
}

/// A column that holds a document, stored as text on both databases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize> Json<T> {
    /// The value to bind. Fails only for a type that JSON cannot express (a map with keys that are no text).
    pub fn to_value(&self) -> Result<Value, Error> {
        let text = serde_json::to_string(&self.0).map_err(|error| Error::Unreadable(error.to_string()))?;
        Ok(Value::Text(Some(text)))
    }
}

impl<T, DB: sqlx::Database> sqlx::Type<DB> for Json<T>
where
    String: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        String::compatible(ty)
    }
}

impl<'r, T: DeserializeOwned, DB: sqlx::Database> sqlx::Decode<'r, DB> for Json<T>
where
    &'r str: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        let text = <&str as sqlx::Decode<DB>>::decode(value)?;
        Ok(Self(serde_json::from_str(text)?))
    }
}
