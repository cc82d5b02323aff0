//! A line of the route table.

use actix_web::body::BoxBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest};
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpRequest, Resource, guard, web};

use crate::gate;
use crate::middleware::method_not_allowed;
use crate::visit::Route;

/// What is served under one pattern.
#[derive(Debug)]
pub struct Endpoint {
    /// The pattern and the scope that its data need.
    pub route: Route,
    /// The methods taken.
    pub methods: &'static [Method],
    /// Whether it is in the OpenAPI document.
    pub documented: bool,
    /// Adds the handlers of its methods.
    pub(super) handlers: fn(Resource) -> Resource,
}

/// A method that an endpoint may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET, and HEAD with it.
    Get,
    /// POST.
    Post,
}

impl Method {
    /// As the `Allow` header has it.
    fn allow(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
        }
    }

    pub(super) fn route(self) -> actix_web::Route {
        match self {
            Self::Get => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
            Self::Post => web::post(),
        }
    }
}

impl Endpoint {
    /// Its handlers behind the gate; any other method is answered with those that are taken.
    pub(super) fn resource(&self) -> impl HttpServiceFactory + use<> {
        let route = self.route;
        let allow = self.methods.iter().map(|method| method.allow()).collect::<Vec<_>>().join(", ");
        let refuse = move |request: HttpRequest| method_not_allowed(request, allow.clone());
        let pass = move |request: ServiceRequest, next: Next<BoxBody>| gate::guard(route, request, next);
        (self.handlers)(web::resource(route.pattern)).default_service(web::to(refuse)).wrap(from_fn(pass))
    }
}

/// Makes `ENDPOINTS` of the table, and `Documented` for the OpenAPI document of its first part.
macro_rules! table {
    (
        documented { $($pattern:expr, $scope:expr => $($method:ident $module:ident::$handler:ident),+;)+ }
        pages { $($path:expr => $get:ident $pages:ident::$page:ident;)+ }
    ) => {
        /// Everything that is served.
        pub const ENDPOINTS: &[Endpoint] = &[
            $(endpoint::line!($pattern, $scope, true, $($method $module::$handler),+),)+
            $(endpoint::line!($path, None, false, $get $pages::$page),)+
        ];

        /// The documented handlers with their types.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($module::$handler),+),+))]
        pub(crate) struct Documented;
    };
}

macro_rules! line {
    ($pattern:expr, $scope:expr, $documented:literal, $($method:ident $module:ident::$handler:ident),+) => {
        Endpoint {
            route: Route { pattern: $pattern, scope: $scope },
            methods: &[$(endpoint::method!($method)),+],
            documented: $documented,
            handlers: |resource| resource$(.route(endpoint::method!($method).route().to($module::$handler)))+,
        }
    };
}

macro_rules! method {
    (get) => {
        endpoint::Method::Get
    };
    (post) => {
        endpoint::Method::Post
    };
}

pub(super) use {line, method, table};
