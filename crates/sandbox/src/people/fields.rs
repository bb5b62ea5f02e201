//! Values of the fields that administrators have made for users and organizations.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::error::Faults;
use crate::model::{FieldOwner, PersonField, World};
use crate::tickets::truthy;

/// Takes over the values whose keys are known; Zendesk ignores the others.
pub(super) fn apply(
    world: &World,
    of: FieldOwner,
    values: &mut BTreeMap<String, Value>,
    given: &Value,
    faults: &mut Faults,
) {
    for (key, value) in given.as_object().into_iter().flatten() {
        let Some(field) = world.person_fields.values().find(|f| f.of == of && f.key == *key && f.active)
        else {
            continue;
        };
        match read(field, value) {
            Some(value) => {
                values.insert(key.clone(), value);
            }
            None => faults.add(key, "InvalidValue", format!("{}: is invalid", field.title)),
        }
    }
}

/// The value as it is kept; nothing when it is none for this field.
fn read(field: &PersonField, value: &Value) -> Option<Value> {
    if value.is_null() || value == "" {
        return Some(if field.kind == "checkbox" { json!(false) } else { Value::Null });
    }
    let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let known = |wanted: &str| field.options.iter().any(|o| o.value == wanted);
    match field.kind.as_str() {
        "checkbox" => Some(json!(truthy(value))),
        "integer" => text().trim().parse::<i64>().ok().map(|n| json!(n)),
        "decimal" => text().trim().parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| json!(n)),
        "date" => text().get(..10)?.parse::<Date>().ok().map(|d| json!(format!("{d}T00:00:00+00:00"))),
        "dropdown" => Some(text()).filter(|t| known(t)).map(|t| json!(t)),
        "multiselect" => {
            let list = value.as_array()?;
            list.iter().all(|v| v.as_str().is_some_and(known)).then(|| value.clone())
        }
        _ => Some(json!(text())),
    }
}
