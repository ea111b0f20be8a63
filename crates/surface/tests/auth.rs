//! Verdicts on small trees, scanned whole.
#![allow(clippy::unwrap_used)]

use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanOptions, scan};
use std::fs;

/// `METHOD path state` of every endpoint of a tree, sorted.
fn verdicts(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
    let catalog = scan(&tree, &ScanOptions::default()).unwrap();
    let mut found: Vec<String> = catalog.endpoints.iter().map(|e| format!("{} {} {}", e.method, e.path, e.auth.state)).collect();
    found.sort();
    found
}

#[test]
fn a_name_for_an_annotated_dependency_guards() {
    let main = r#"
from typing import Annotated
from fastapi import Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")

def current_user(token: Annotated[str, Depends(scheme)]):
    return token

User = Annotated[str, Depends(current_user)]

@app.get("/mine")
def mine(user: User):
    return user

@app.get("/all")
def everything():
    return []
"#;
    assert_eq!(verdicts(&[("main.py", main)]), ["GET /all none", "GET /mine required"]);
}

const URLS: &str = r#"
from django.urls import path
from app import views

urlpatterns = [
    path("closed/", views.Closed.as_view()),
    path("open/", views.Open.as_view()),
    path("read/", views.Read.as_view()),
    path("partly/", views.Partly.as_view()),
]
"#;
const VIEWS: &str = r#"
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.settings import api_settings
from rest_framework.views import APIView
from app.permissions import Logs

class Closed(APIView):
    def get(self, request): ...

class Open(APIView):
    permission_classes = [AllowAny]
    def get(self, request): ...

class Read(APIView):
    permission_classes = [IsAuthenticatedOrReadOnly]
    def get(self, request): ...
    def post(self, request): ...

class Partly(APIView):
    permission_classes = api_settings.OTHER_CLASSES + [Logs]
    def get(self, request): ...
"#;
const PERMISSIONS: &str = r#"
from rest_framework.permissions import BasePermission

class Logs(BasePermission):
    def has_permission(self, request, view):
        return True
"#;

#[test]
fn the_default_permissions_of_the_settings_count_where_a_view_says_nothing() {
    let settings =
        "ROOT_URLCONF = 'app.urls'\nREST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n";
    let files = [
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'app.settings')\n"),
        ("app/__init__.py", ""),
        ("app/settings.py", settings),
        ("app/urls.py", URLS),
        ("app/views.py", VIEWS),
        ("app/permissions.py", PERMISSIONS),
    ];
    let expected = ["GET /closed/ required", "GET /open/ public", "GET /partly/ unknown", "GET /read/ none", "POST /read/ required"];
    assert_eq!(verdicts(&files), expected);
}

#[test]
fn what_is_asked_of_every_method_is_asked_of_reading_too() {
    let settings = "ROOT_URLCONF = 'app.urls'\nREST_FRAMEWORK = {}\n";
    let views = "
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.views import APIView

class Listed(APIView):
    permission_classes = [IsAuthenticatedOrReadOnly, IsAuthenticated]
    def get(self, request): ...
";
    let urls = "from django.urls import path\nfrom app import views\nurlpatterns = [path('listed', views.Listed.as_view())]\n";
    let files = [("app/__init__.py", ""), ("app/settings.py", settings), ("app/urls.py", urls), ("app/views.py", views)];
    assert_eq!(verdicts(&files), ["GET /listed required"]);
}

#[test]
fn where_callers_sign_in_is_open() {
    let main = r#"
from flask import Flask, redirect, session

app = Flask(__name__)

@app.route("/login")
def user_login():
    if session.get("user"):
        return redirect("/")
    return "login"

@app.route("/account")
def account():
    if not session.get("user"):
        return redirect("/login")
    return "account"
"#;
    assert_eq!(verdicts(&[("main.py", main)]), ["GET /account required", "GET /login none"]);
}
