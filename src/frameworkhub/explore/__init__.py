"""The catalogue as web pages and a JSON API: a hub app, `frameworkhub.explore.app:app`."""
