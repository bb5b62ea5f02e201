//! An app package: the zip that a developer uploads, unpacked.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Cursor, Read as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::check::{self, Files};
use super::manifest::Manifest;

/// Largest size of all files of a package together, in bytes, so that a small zip cannot fill the memory.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;

/// Bytes that are written as base64 into the state file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Blob(Bytes);

impl Blob {
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Blob {
        Blob(bytes.into())
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Blob {
        Blob(bytes)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Blob, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Blob::from).map_err(de::Error::custom)
    }
}

/// A package that has passed every check.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Package {
    pub manifest: Manifest,
    /// The app's name in its default language.
    pub name: String,
    files: Files,
}

impl Package {
    /// Unpacks and checks a zip.
    ///
    /// # Errors
    /// Everything that is wrong with it, one sentence each, in Zendesk's words.
    pub fn open(zip: &[u8]) -> Result<Package, Vec<String>> {
        let files = unpack(zip).map_err(|error| vec![error])?;
        let errors = check::check(&files);
        if !errors.is_empty() {
            return Err(errors);
        }
        let json = |path: &str| -> Value {
            files.get(path).and_then(|blob| serde_json::from_slice(blob.bytes()).ok()).unwrap_or_default()
        };
        let manifest = Manifest::read(&json("manifest.json"));
        let translation = json(&format!("translations/{}.json", manifest.default_locale));
        let name = ["/app/name", "/app/name/value"]
            .into_iter()
            .find_map(|pointer| translation.pointer(pointer).and_then(Value::as_str))
            .or(manifest.name.as_deref())
            .unwrap_or_default()
            .to_owned();
        Ok(Package { manifest, name, files })
    }

    /// A file of the package by its path, for example `assets/logo.png`.
    pub fn file(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path).map(Blob::bytes)
    }

    /// `requirements.json`, when there is one.
    pub fn requirements(&self) -> Option<Map<String, Value>> {
        self.file("requirements.json").and_then(|bytes| serde_json::from_slice(bytes).ok())
    }
}

/// The files of a zip. Folders and the litter of macOS are left out.
fn unpack(zip: &[u8]) -> Result<Files, String> {
    let broken = |error: &dyn fmt::Display| format!("The app package is not a proper zip file. {error}");
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).map_err(|e| broken(&e))?;
    let mut files = BTreeMap::new();
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|e| broken(&e))?;
        if file.is_symlink() {
            return Err("Symlinks are not allowed in the zip file".to_owned());
        }
        let Some(path) = file.enclosed_name() else {
            return Err("The zip file contains a path that leads out of it".to_owned());
        };
        let path = path.to_string_lossy().replace('\\', "/");
        if file.is_dir() || path.starts_with("__MACOSX/") || path.ends_with(".DS_Store") {
            continue;
        }
        let mut bytes = Vec::new();
        let read = file.take(left + 1).read_to_end(&mut bytes).map_err(|e| broken(&e))? as u64;
        left = left.checked_sub(read).ok_or("The app package is too large when unpacked")?;
        files.insert(path, Blob::from(bytes));
    }
    Ok(files)
}

/// Reads JSON and refuses an object that has the same key twice, as Zendesk does with manifests.
///
/// # Errors
/// Says where the text is not JSON or which key is there twice.
pub fn strict_json(bytes: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice::<Strict>(bytes).map(|strict| strict.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!("Duplicate reference in manifest: \"{key}\".")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
