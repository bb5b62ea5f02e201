use std::fmt;
use std::sync::Arc;

use axum::Router;
use futures::future::BoxFuture;
use serde_json::Value;
use store::Migration;
use zendesk::{AccessList, Resource, Verb};

use crate::action::Action;
use crate::caller::Caller;
use crate::error::Result;
use crate::offline::{self, JobContext};
use crate::platform::Platform;

/// What an app is, and nothing else: the server does the rest with it.
///
/// ```ignore
/// pub fn app() -> App {
///     App::new("deadline", "Deadline", "One moment per ticket, watched to the second.")
///         .page(Location::TicketSidebar, "sidebar")
///         .may(Resource::Tickets, &[Verb::Read, Verb::Update], "to add and remove its tags")
///         .migrations(MIGRATIONS)
///         .routes(routes::routes())
///         .first_data(routes::first_data)
///         .job(offline::hit)
///         .action("set", "Sets or moves the deadline of a ticket.", SET_EXAMPLE, offline::set)
/// }
/// ```
pub struct App {
    /// The folder's name. Stands in addresses, topics, job names and tables, so it never changes.
    pub id: &'static str,
    /// As people see it.
    pub name: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    pub pages: Vec<Page>,
    pub api_access: Vec<ApiAccess>,
    pub migrations: &'static [Migration],
    /// Texts for Zendesk's own screens, by locale: the content of `translations/{locale}.json` of the package.
    pub translations: &'static [(&'static str, &'static str)],
    pub logo: Logo,
    pub actions: Vec<Action>,
    pub(crate) routes: Router<Platform>,
    pub(crate) jobs: Vec<RegisterJob>,
    pub(crate) first_data: Option<FirstData>,
}

type RegisterJob = Box<dyn Fn(jobs::Registry, &Platform) -> jobs::Registry + Send + Sync>;
type FirstData = Arc<dyn Fn(Caller, Opening) -> BoxFuture<'static, Result<Value>> + Send + Sync>;

/// How an app looks in Zendesk.
#[derive(Debug, Clone, Copy)]
pub struct Logo {
    /// An SVG of 24 by 24 in one colour (`currentColor`); the pictures are drawn from it.
    pub icon: &'static str,
    /// A PNG of 320 by 320.
    pub large: &'static [u8],
    /// A PNG of 128 by 128.
    pub small: &'static [u8],
}

/// Where in Zendesk a page appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Location {
    TicketSidebar,
    NewTicketSidebar,
    NavBar,
    TopBar,
    Background,
}

impl Location {
    /// Zendesk's name of it, as in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TicketSidebar => "ticket_sidebar",
            Self::NewTicketSidebar => "new_ticket_sidebar",
            Self::NavBar => "nav_bar",
            Self::TopBar => "top_bar",
            Self::Background => "background",
        }
    }
}

/// A page of an app: `ui/{name}.tsx` in its folder.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub location: Location,
    pub name: &'static str,
}

/// Which page is being opened, and on which ticket where Zendesk's signed request says so.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    pub page: &'static str,
    pub ticket_id: Option<i64>,
}

/// One line of the API access table: what the app does with one family of Zendesk's objects, and why.
#[derive(Debug, Clone)]
pub struct ApiAccess {
    pub resource: Resource,
    pub verbs: Vec<Verb>,
    pub why: &'static str,
}

impl App {
    pub fn new(id: &'static str, name: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            name,
            summary,
            pages: Vec::new(),
            api_access: Vec::new(),
            migrations: &[],
            translations: &[],
            logo: Logo { icon: "", large: &[], small: &[] },
            actions: Vec::new(),
            routes: Router::new(),
            jobs: Vec::new(),
            first_data: None,
        }
    }

    /// A page at a location.
    #[must_use]
    pub fn page(mut self, location: Location, name: &'static str) -> Self {
        self.pages.push(Page { location, name });
        self
    }

    /// Declares what the app does with a family of Zendesk's objects. Whatever is not declared is refused by the client
    /// that the app gets. `why` completes "The app needs this …".
    #[must_use]
    pub fn may(mut self, resource: Resource, verbs: &[Verb], why: &'static str) -> Self {
        self.api_access.push(ApiAccess { resource, verbs: verbs.to_vec(), why });
        self
    }

    #[must_use]
    pub fn migrations(mut self, migrations: &'static [Migration]) -> Self {
        self.migrations = migrations;
        self
    }

    #[must_use]
    pub fn translations(mut self, translations: &'static [(&'static str, &'static str)]) -> Self {
        self.translations = translations;
        self
    }

    #[must_use]
    pub fn logo(mut self, logo: Logo) -> Self {
        self.logo = logo;
        self
    }

    /// What its pages ask for, under `/api/apps/{id}`.
    #[must_use]
    pub fn routes(mut self, routes: Router<Platform>) -> Self {
        self.routes = routes;
        self
    }

    /// What a page shows first, delivered with the page itself.
    #[must_use]
    pub fn first_data<F, Fut>(mut self, first_data: F) -> Self
    where
        F: Fn(Caller, Opening) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value>> + Send + 'static,
    {
        self.first_data = Some(Arc::new(move |caller, opening| Box::pin(first_data(caller, opening))));
        self
    }

    /// Work that runs at a time, with nobody present.
    #[must_use]
    pub fn job<J, F, Fut>(mut self, run: F) -> Self
    where
        J: jobs::Job,
        F: Fn(JobContext<J>) -> Fut + Send + Sync + Copy + 'static,
        Fut: Future<Output = Result<(), jobs::Failure>> + Send + 'static,
    {
        let app = self.id;
        self.jobs.push(Box::new(move |registry, platform| offline::register(registry, platform, app, run)));
        self
    }

    /// Something that a trigger can ask for at `/hooks/{id}/{name}`.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Its routes; they expect the extension [`crate::AppId`].
    pub fn router(&self) -> Router<Platform> {
        self.routes.clone()
    }

    /// What `page` shows first; nothing for an app that has nothing to show at once.
    pub async fn load_first_data(&self, caller: Caller, opening: Opening) -> Result<Value> {
        match &self.first_data {
            Some(first_data) => first_data(caller, opening).await,
            None => Ok(Value::Null),
        }
    }

    /// The calls that the app may make.
    pub fn access_list(&self) -> AccessList {
        self.api_access
            .iter()
            .flat_map(|access| access.verbs.iter().map(|verb| (access.resource, *verb)))
            .collect()
    }

    /// Whether it needs an administrator's authorization at all.
    pub fn needs_authorization(&self) -> bool {
        !self.api_access.is_empty()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("id", &self.id).finish_non_exhaustive()
    }
}
