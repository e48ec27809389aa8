"""The discovery-based Firestore client against the server that FIRESTORE_EMULATOR_HOST names."""

import os

import google_auth_httplib2
import httplib2
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

DATABASE = "projects/local/databases/(default)"
ROOT = f"{DATABASE}/documents"


def fails(status, code, request):
    try:
        request.execute()
    except HttpError as error:
        assert error.status_code == code and status in error.content.decode(), error
        return
    raise AssertionError(f"wanted {status}")


def main():
    service = build(
        "firestore",
        "v1",
        http=google_auth_httplib2.AuthorizedHttp(AnonymousCredentials(), http=httplib2.Http()),
        client_options={"api_endpoint": f"http://{os.environ['FIRESTORE_EMULATOR_HOST']}"},
        static_discovery=True,
    )
    documents = service.projects().databases().documents()
    single(documents)
    commits(documents)
    queries(documents)
    transactions(documents)


def single(documents):
    job = {"fields": {"status": {"stringValue": "pending"}, "attempt": {"integerValue": "1"}}}
    # The discovery document asks for a slash behind the root.
    create = dict(parent=f"{ROOT}/", collectionId="jobs", documentId="j1", body=job)
    made = documents.createDocument(**create).execute()
    assert made["name"] == f"{ROOT}/jobs/j1" and made["createTime"] == made["updateTime"]
    fails("ALREADY_EXISTS", 409, documents.createDocument(**create))
    fails("NOT_FOUND", 404, documents.get(name=f"{ROOT}/jobs/none"))
    patched = documents.patch(
        name=made["name"],
        updateMask_fieldPaths=["status", "result.loss"],
        currentDocument_updateTime=made["updateTime"],
        body={"fields": {"status": {"stringValue": "running"}}},
    ).execute()
    assert patched["updateTime"] > made["updateTime"] and patched["createTime"] == made["createTime"]
    assert patched["fields"] == {"status": {"stringValue": "running"}, "attempt": {"integerValue": "1"}}
    stale = documents.patch(
        name=made["name"], currentDocument_updateTime=made["updateTime"], body={"fields": {}}
    )
    fails("FAILED_PRECONDITION", 400, stale)
    assert documents.get(name=made["name"], mask_fieldPaths=["attempt"]).execute()["fields"] == {
        "attempt": {"integerValue": "1"}
    }
    documents.delete(name=made["name"]).execute()
    documents.delete(name=made["name"]).execute()
    fails("NOT_FOUND", 404, documents.delete(name=made["name"], currentDocument_exists=True))


def commits(documents):
    def commit(*writes):
        return documents.commit(database=DATABASE, body={"writes": list(writes)})

    name = f"{ROOT}/jobs/j2"
    create = {
        "update": {"name": name, "fields": {"n": {"integerValue": "1"}}},
        "updateTransforms": [
            {"fieldPath": "at", "setToServerValue": "REQUEST_TIME"},
            {"fieldPath": "n", "increment": {"integerValue": "2"}},
            {"fieldPath": "best", "minimum": {"doubleValue": 0.5}},
            {"fieldPath": "tags", "appendMissingElements": {"values": [{"stringValue": "a"}]}},
        ],
        "currentDocument": {"exists": False},
    }
    answer = commit(create).execute()
    results = answer["writeResults"][0]["transformResults"]
    assert results[1:] == [{"integerValue": "3"}, {"doubleValue": 0.5}, {"nullValue": None}]
    fails("ALREADY_EXISTS", 409, commit(create))
    other = {"update": {"name": f"{ROOT}/jobs/j3", "fields": {}}}
    fails("NOT_FOUND", 404, commit(other, {"delete": f"{ROOT}/jobs/none", "currentDocument": {"exists": True}}))
    fails("NOT_FOUND", 404, documents.get(name=f"{ROOT}/jobs/j3"))
    found = documents.batchGet(database=DATABASE, body={"documents": [name, f"{ROOT}/jobs/j3"]}).execute()
    assert found[0]["found"]["fields"]["n"] == {"integerValue": "3"} and found[1]["missing"] == f"{ROOT}/jobs/j3"


def queries(documents):
    for index in range(5):
        documents.createDocument(
            parent=f"{ROOT}/fleets/f1",
            collectionId="robots",
            documentId=f"r{index}",
            body={"fields": {"rank": {"integerValue": str(index % 3)}, "name": {"stringValue": f"r{index}"}}},
        ).execute()

    def names(parent=f"{ROOT}/fleets/f1", **query):
        body = {"structuredQuery": {"from": [{"collectionId": "robots"}], **query}}
        answers = documents.runQuery(parent=parent, body=body).execute()
        return [answer["document"]["name"].split("/")[-1] for answer in answers if "document" in answer]

    rank = {"fieldPath": "rank"}
    at_least_one = {"fieldFilter": {"field": rank, "op": "GREATER_THAN_OR_EQUAL", "value": {"integerValue": "1"}}}
    assert names(where=at_least_one) == ["r1", "r4", "r2"]
    order = [{"field": rank, "direction": "DESCENDING"}]
    assert names(orderBy=order) == ["r2", "r4", "r1", "r3", "r0"]
    after = {"values": [{"integerValue": "1"}, {"referenceValue": f"{ROOT}/fleets/f1/robots/r4"}], "before": False}
    assert names(orderBy=order, startAt=after, limit=2) == ["r1", "r3"]
    assert names(parent=f"{ROOT}/fleets/f2") == []
    deeper = dict(parent=f"{ROOT}/fleets/f1/bays/b1", collectionId="robots", documentId="r9", body={"fields": {}})
    documents.createDocument(**deeper).execute()
    everywhere = [{"collectionId": "robots", "allDescendants": True}]
    assert names(**{"from": everywhere}) == ["r9", "r0", "r1", "r2", "r3", "r4"]
    listed = documents.list(parent=f"{ROOT}/fleets/f1", collectionId="robots", pageSize=2).execute()
    assert len(listed["documents"]) == 2
    rest = documents.list(
        parent=f"{ROOT}/fleets/f1", collectionId="robots", pageSize=3, pageToken=listed["nextPageToken"]
    ).execute()
    assert [document["name"][-2:] for document in rest["documents"]] == ["r2", "r3", "r4"]
    assert "nextPageToken" not in rest
    collections = documents.listCollectionIds(parent=f"{ROOT}/fleets/f1", body={}).execute()
    assert collections["collectionIds"] == ["bays", "robots"]


def transactions(documents):
    name = f"{ROOT}/jobs/j2"
    begun = documents.beginTransaction(database=DATABASE, body={}).execute()["transaction"]
    documents.get(name=name, transaction=begun).execute()
    write = {"update": {"name": name, "fields": {"n": {"integerValue": "9"}}}}
    documents.commit(database=DATABASE, body={"writes": [write]}).execute()
    late = documents.commit(database=DATABASE, body={"writes": [write], "transaction": begun})
    fails("ABORTED", 409, late)
    again = documents.beginTransaction(database=DATABASE, body={}).execute()["transaction"]
    documents.rollback(database=DATABASE, body={"transaction": again}).execute()


main()
print("ok")
