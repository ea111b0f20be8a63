"""Makes testdata/exports/shapes.json: odd shapes of paths, methods, parameters, bodies, answers and schemas, an endpoint or more each."""
import json, sys
out=[]; schemas={}
def ep(method="GET", path="/x", raw=None, params=None, bodies=None, responses=None, auth=None, **k):
    n=len(out)+1
    e={"id":"%016x"%(0x1000+n),"service":k.pop("service","odd"),"protocol":k.pop("protocol","http"),"method":method,"path":path,"raw_path":raw or path,"path_state":k.pop("path_state","exact")}
    if params: e["parameters"]=params
    if bodies: e["bodies"]=bodies
    if responses: e["responses"]=responses
    if "summary" in k: e["summary"]=k.pop("summary")
    e["handler"]={"file":"app.py","line":n,"end_line":n,"symbol":k.pop("symbol","h%d"%n)}
    e["registered_at"]={"file":"app.py","line":n}
    e["auth"]=auth or {"state":"none"}
    e["lifecycle"]=k.pop("lifecycle",{})
    e["audience"]="production"; e["framework"]="acme"; e["confidence"]="high"
    e.update(k)
    out.append(e)
P=lambda n,**k:{"in":k.pop("at","path"),"name":n,"required":k.pop("required",True),**k}
J=lambda s,ct="application/json",req=True:{"content_type":ct,"schema":s,"required":req}
# paths
ep(path="/")
ep(path="")
ep(path="no/slash")
ep(path="/trail"); ep(path="/trail/")
ep(path="//double//slash")
ep(path="/r/{id}",raw="/r/{id:[0-9]+}",params=[P("id",pattern="[0-9]+")])
ep(path="/r2/{id}",params=[P("id",pattern="(?P<x>\\d+)\\Z")])
ep(path="/dup/{id}/{id}",params=[P("id"),P("id")])
ep(path="/empty/{}/{}",params=[P(""),P("")])
ep(path="/star/*",params=[P("",catch_all=True)])
ep(path="/star/*/mid")
ep(path="/all/{rest}",params=[P("rest",catch_all=True)])
ep(path="/two/{a}.{b}",params=[P("a"),P("b")])
ep(path="/glued/{a}{b}",params=[P("a"),P("b")])
ep(path="/dash/{a}-{b}-c",params=[P("a"),P("b")])
ep(path="/odd/{a b}/{p-é}/{1x}/{x.y}",params=[P("a b"),P("p-é"),P("1x"),P("x.y")])
ep(path="/undeclared/{id}")
ep(path="/open/{id")
ep(path="/close/id}")
ep(path="/nested/{a{b}}")
ep(path="/query?x=1"); ep(path="/frag#top"); ep(path="/a b/ü/%20/%zz/50%")
ep(path="/ctl/\u0000\n\t/\u202e")
ep(path="/same/{x}"); ep("POST","/same/{y}"); ep("PUT","/same/{z}",params=[P("z",schema={"type":"integer"})])
ep(path="/same2/{id}/a"); ep(path="/same2/{name}/b")
ep(path="/dupe"); ep(path="/dupe",symbol="other")
ep(path="/long/"+"x"*2000)
ep(path="/deep/"+"/".join("{p%d}"%i for i in range(40)))
ep(path="/{?conf.x}/y",path_state="partial")
ep(path="^/re/(?<n>.+)$",path_state="pattern")
ep(path="/case/A"); ep(path="/case/a")
ep(path="/opt"); ep(path="/opt/{id}")
# methods
for m in ["PUT","POST","DELETE","OPTIONS","HEAD","PATCH","TRACE","LOCK","QUERY","CONNECT","get","PROPFIND","M-SEARCH","BAD METHOD",""]: ep(m,"/methods")
ep("ANY","/any"); ep("GET","/any"); ep("*","/any2",bodies=[J({"type":"object"})])
ep("GET","/get/body",bodies=[J({"type":"object","properties":{"a":{"type":"string"}}})])
ep("DELETE","/delete/body",bodies=[J({"type":"string"})])
# names
for i in range(3): ep("POST","/ids/%d"%i,symbol="same name!")
ep("POST","/ids/none",symbol="")
ep("POST","/ids/odd",symbol="<lambda>"); ep("POST","/ids/uni",symbol="日本語")
ep(path="/summary/ctl",summary="a\u0000b\n\tc\u202e"); ep(path="/summary/empty",summary="  "); ep(path="/summary/long",summary="y"*5000)
# parameters
ep(path="/p/headers",params=[P("X-A",at="header"),P("x-a",at="header"),P("Accept",at="header"),P("Content-Type",at="header"),P("Authorization",at="header"),P("bad name:",at="header")])
ep(path="/p/query",params=[P("q",at="query"),P("q",at="query"),P("filter[name]",at="query"),P("",at="query"),P("a b&c",at="query",required=False)])
ep(path="/p/cookie",params=[P("sid",at="cookie"),P("sid",at="cookie")])
ep(path="/p/schemas",params=[P("n%d"%i,at="query",schema=s) for i,s in enumerate([{},True,False,None,[],{"type":"null"},{"type":["string","null"]},{"type":[]},{"type":"file"},{"type":["integer","string"]},{"type":"array"},{"type":"array","items":[]},{"type":"array","items":True},{"type":"object"},{"enum":[]},{"enum":[None]},{"enum":["a","a",1]},{"const":"x"},{"const":None}])])
ep(path="/p/types",params=[P("t%d"%i,at="query",type=t) for i,t in enumerate(["int","uuid","Strange<T>","date","bool","",  "Optional[int]"])])
ep(path="/p/path/{v}",params=[P("v",schema={"anyOf":[{"type":"integer"},{"type":"null"}]},required=False)])
ep(path="/p/body",params=[P("a",at="body"),P("b",at="body",schema={"type":"integer"})])
ep("POST","/p/body",params=[P("a",at="body"),P("b",at="body",schema={"type":"integer"},required=False)])
ep("POST","/p/form",params=[P("a",at="form"),P("up",at="file",schema={"type":"string","format":"binary"})])
ep("POST","/p/form2",params=[P("a",at="form",required=False)])
# bodies
ep("POST","/b/empty",bodies=[J({})]); ep("POST","/b/true",bodies=[J(True)])
ep("POST","/b/form",bodies=[J({},"application/x-www-form-urlencoded")])
ep("POST","/b/form2",bodies=[J({"x-apicensus-type":"Thing"},"multipart/form-data")])
ep("POST","/b/file",bodies=[J({"type":"object","properties":{"f":{"type":"string","format":"binary"},"n":{"type":"integer"}}},"multipart/form-data")])
ep("POST","/b/param",bodies=[J({"type":"object"},"application/json; charset=utf-8")])
ep("POST","/b/odd",bodies=[J({"type":"string"},""),J({"type":"string"},"text/plain\r\nX: y"),J({"type":"string"},"not a type")])
ep("POST","/b/two",bodies=[J({"type":"object"}),J({"type":"string"},"application/xml"),J({"type":"object"})])
ep("POST","/b/octets",bodies=[J({"type":"string","format":"binary"},"application/octet-stream")])
ep("POST","/b/any",bodies=[J({"type":"object"},"*/*")])
# answers
ep(path="/a/status",responses=[{"status":s} for s in (0,99,100,200,204,299,404,422,599,600,999)])
ep(path="/a/types",responses=[{"status":200,"content_type":"application/json","schema":{"type":"string"}},{"status":200,"content_type":"text/html"},{"status":200,"content_type":""},{"status":204,"content_type":"application/json","schema":{}}])
ep(path="/a/sse",protocol="sse",responses=[{"status":200,"content_type":"text/event-stream","schema":{"type":"object"}}])
# schemas
schemas.update({
 "Node":{"type":"object","properties":{"next":{"$ref":"#/schemas/Node"},"all":{"type":"array","items":{"$ref":"#/schemas/Node"}}}},
 "Page[User]":{"type":"object","properties":{"items":{"type":"array","items":{"$ref":"#/schemas/User"}}}},
 "Page_User_":{"type":"string"},
 "User":{"type":"object","required":["id","id","gone"],"properties":{"id":{"type":"integer"},"$ref":{"type":"string"},"a b":{"type":"string"},"":{"type":"string"}}},
 "a/b~c":{"type":"object","properties":{"x":{"$ref":"#/schemas/a/b~c"}}},
 "日本":{"type":"string"},
 "Alias":{"$ref":"#/schemas/User"},"Loop":{"$ref":"#/schemas/Loop"},
 "Empty":{},"Null":None,"Text":"x",
 "Refs":{"$ref":"#/schemas/User","description":"beside","nullable":True},
})
deep={"type":"string"}
for i in range(60): deep={"type":"object","properties":{"d":deep}}
odd=[{"$ref":"#/schemas/"+n} for n in list(schemas)+["Gone"]]+[{"$ref":"http://x/y"},{"$ref":7},deep,
 {"allOf":[]},{"anyOf":[{"type":"null"}]},{"oneOf":[{"type":"string"},{"type":"null"}],"description":"d"},{"allOf":[{"$ref":"#/schemas/User"},{"type":"object","properties":{"z":{"type":"string"}}}]},
 {"anyOf":"x"},{"not":{"type":"string"}},{"type":"string","minLength":-1,"maxLength":"x","pattern":7,"format":3,"title":[],"description":None},
 {"type":"integer","minimum":"0","maximum":9,"exclusiveMinimum":0,"exclusiveMaximum":True,"multipleOf":0},
 {"type":"integer","default":"x"},{"type":"string","default":None},{"type":"array","items":{"type":"string"},"default":{}},
 {"type":"string","enum":["a",None]},{"type":["string","null"],"enum":["a","b"]},{"type":"integer","enum":["a"]},
 {"type":"string","example":1,"examples":"x","deprecated":"yes","readOnly":True,"writeOnly":True},
 {"type":"object","additionalProperties":{}},{"type":"object","additionalProperties":False},{"type":"object","additionalProperties":{"type":"integer"},"propertyNames":{"pattern":"^a"}},
 {"type":"object","required":[]},{"type":"object","required":"x"},{"type":"object","properties":{"a":True,"b":None}},
 {"type":"array","prefixItems":[{"type":"string"}],"items":False},{"type":"string","contentEncoding":"base64"},
 {"$defs":{"A":{"type":"string"}},"type":"string","if":{"type":"string"},"unevaluatedProperties":False},
 {"type":"string","x-apicensus-type":"T","unknownKeyword":1},{"type":"string","pattern":"^[\\p{L}]+$"},{"type":"string","pattern":"(["},{"discriminator":{"propertyName":"k"},"oneOf":[{"$ref":"#/schemas/User"}]},
 {"type":"number","maximum":1e308,"minimum":-1e308},{"type":"string","maxLength":10**12},{"type":"boolean","minimum":1},{"nullable":True},{"type":"string","xml":{"name":"x"},"externalDocs":{}}]
for i,s in enumerate(odd): ep("POST","/s/%02d"%i,bodies=[J(s)],responses=[{"status":200,"content_type":"application/json","schema":s}])
# auth
for k in ["oauth2","openIdConnect","jwt","bearer","apiKey","basic","session","mtls","hmac","custom"]:
    ep(path="/auth/"+k,auth={"state":"required","schemes":[{"kind":k,"name":k}],"scopes":["s"],"roles":["r"]})
ep(path="/auth/all",auth={"state":"required","schemes":[{"kind":k,"name":k} for k in ("basic","apiKey","mtls","session","bearer")]})
ep(path="/auth/none-known",auth={"state":"required"}); ep(path="/auth/optional",auth={"state":"optional","schemes":[{"kind":"mtls","name":"m"}]})
ep(path="/auth/unknown",auth={"state":"unknown","reason":"x"}); ep(path="/auth/public",auth={"state":"public"})
ep(path="/dep",lifecycle={"deprecated":True,"version":"v1"})
# other protocols
ep(protocol="websocket",path="/ws/{a b}/{a b}/*",params=[P("a b"),P("a b")]); ep(protocol="websocket",path="/ws"); ep(protocol="websocket",path="/{?x}/ws",path_state="partial")
ep("QUERY","/graphql#__odd name",protocol="graphql",params=[P("1st",at="body",schema={"type":"object","properties":{"a-b":{"type":"string"},"a_b":{"type":"integer"},"__x":{"type":"string"}}}),P("1st",at="body")])
ep("QUERY","/graphql",protocol="graphql"); ep("MUTATION","/graphql#Node",protocol="graphql",responses=[{"status":200,"schema":{"$ref":"#/schemas/Node"}}]); ep("SUBSCRIPTION","/gql2#s",protocol="graphql",responses=[{"status":200,"schema":{"$ref":"#/schemas/Page[User]"}}])
ep("QUERY","/graphql#q",protocol="graphql",responses=[{"status":200,"schema":{"type":"object","properties":{}}}],params=[P("e",at="body",schema={"$ref":"#/schemas/Empty"}),P("l",at="body",schema={"$ref":"#/schemas/Loop"})])
ep("RPC","/a.b.C/D",protocol="grpc"); ep("RPC","/C/d",protocol="grpc"); ep("RPC","/rpc.message/stream",protocol="grpc")
ep(path="/other",service="odd 2/é"); ep(path="/x",service="odd 2/é")
svc=[{"id":"odd","name":"","root":""},{"id":"odd 2/é","name":"odd\n<b>|`x`{{y}}","root":"b"}]
cat={"schema":"apicensus.catalog/1","tool":{"name":"apicensus","version":"0.1.0"},"views":["code"],"repositories":[{"name":"odd","root":"/odd"}],"services":svc,"endpoints":out,"schemas":schemas,
"findings":[],"coverage":{"files_seen":1,"files_read":1,"files_parsed":1,"files_evaluated":1,"routers":{"found":1,"mounted":1},"detached_endpoints":0,"partial_endpoints":2},"troubles":[]}
json.dump(cat,open(sys.argv[1],'w'),ensure_ascii=False,indent=1)
print(len(out))
