# SPDX-License-Identifier: MIT
"""The web servers, each with the configuration an operator would write, in the
foreground on a loopback port.  Each mounts cancelpay somewhere else."""

import os
import shutil

import pytest

from world import give

MODULES = "/usr/lib/apache2/modules"


class Front:
    name = ""
    mount = ""
    # The web server starts cancelpay itself.
    spawns = False
    is_cgi = False

    def __init__(self, shop, port, extra=""):
        self.shop = shop
        self.port = port
        self.folder = shop.folder
        self.socket = self.folder / "fcgi.sock"
        self.extra = extra

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return give(path)

    def install(self, folder, name):
        """The program in a folder of the web server's."""
        folder = self.folder / folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        program = self.shop.bin / "cancelpay.fcgi"
        if not path.exists():
            try:
                os.link(program, path)
            except OSError:
                shutil.copy2(program, path)
        return path


class Nginx(Front):
    name = "nginx"
    mount = "/pay"
    connections = 1024
    http_extra = ""

    def access_log(self):
        return self.folder / "nginx-access.log"

    def argv(self):
        temp = "".join(
            f"{kind}_temp_path {self.folder}/nginx-{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = self.write("nginx.conf", f"""
daemon off;
worker_processes 1;
pid {self.folder}/nginx.pid;
error_log {self.folder}/nginx-error.log;
events {{ worker_connections {self.connections}; }}
http {{
    {self.http_extra}
    access_log {self.access_log()};
    {temp}
    client_max_body_size 2m;
    upstream cancelpay {{ server unix:{self.socket}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{self.port};
        location {self.mount}/ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_split_path_info ^({self.mount})(/.*)$;
            fastcgi_param PATH_INFO $fastcgi_path_info;
            fastcgi_pass cancelpay;
            {self.extra}
        }}
    }}
}}
""")
        return ["/usr/sbin/nginx", "-e", self.folder / "nginx-error.log",
                "-c", conf]


class Lighttpd(Front):
    """Starts the responder itself: the listening socket is its fd 0."""
    name = "lighttpd"
    mount = "/cancelpay"
    spawns = True

    def argv(self):
        conf = self.write("lighttpd.conf", f"""
server.document-root = "{self.folder}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.modules = ("mod_fastcgi")
server.upload-dirs = ("{self.folder}")
fastcgi.server = ("{self.mount}" => ((
    "bin-path" => "{self.shop.bin}/cancelpay.fcgi",
    "socket" => "{self.socket}",
    "max-procs" => 1,
    "check-local" => "disable")))
{self.extra}
""")
        return ["/usr/sbin/lighttpd", "-D", "-f", conf]


class LighttpdCgi(Front):
    name = "cgi"
    mount = "/cgi-bin/cancelpay.cgi"
    spawns = True
    is_cgi = True

    def argv(self):
        self.install("htdocs/cgi-bin", "cancelpay.cgi")
        env = ",\n".join(f'    "{name}" => "{value}"'
                         for name, value in self.shop.program_env().items())
        conf = self.write("lighttpd.conf", f"""
server.document-root = "{self.folder}/htdocs"
server.bind = "127.0.0.1"
server.port = {self.port}
server.modules = ("mod_cgi", "mod_setenv")
server.upload-dirs = ("{self.folder}")
cgi.assign = (".cgi" => "")
setenv.add-environment = (
{env})
{self.extra}
""")
        return ["/usr/sbin/lighttpd", "-D", "-f", conf]


class Apache(Front):
    name = "apache"
    mount = ""
    modules = ("proxy", "proxy_fcgi")

    def handler(self):
        return f"""
ProxyPass "/" "unix:{self.socket}|fcgi://localhost/"
<Location "/">
    SetEnv proxy-sendcl 1
    Require all granted
    {self.extra}
</Location>
"""

    def argv(self):
        modules = "".join(
            f"LoadModule {name}_module {MODULES}/mod_{name}.so\n"
            for name in ("mpm_event", "authz_core", "alias", "env")
            + self.modules)
        conf = self.write("apache.conf", f"""
ServerRoot {self.folder}
DefaultRuntimeDir {self.folder}
PidFile {self.folder}/apache.pid
ErrorLog {self.folder}/apache-error.log
ServerName 127.0.0.1
Listen 127.0.0.1:{self.port}
{modules}
ServerLimit 1
ThreadLimit 100
ThreadsPerChild 100
MaxRequestWorkers 100
{self.handler()}
""")
        return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", conf]


class ApacheCgi(Apache):
    """Hands the program one socket as its standard input and output."""
    name = "cgid"
    mount = "/cgi-bin/cancelpay.cgi"
    spawns = True
    is_cgi = True
    modules = ("cgid",)

    def handler(self):
        program = self.install("cgi-bin", "cancelpay.cgi")
        env = "".join(f'SetEnv {name} "{value}"\n'
                      for name, value in self.shop.program_env().items())
        return f"""
{env}
ScriptSock {self.folder}/cgid.sock
ScriptAlias /cgi-bin/ {program.parent}/
<Directory {program.parent}>
    Require all granted
    {self.extra}
</Directory>
"""


class ApacheFcgid(Apache):
    name = "fcgid"
    mount = "/fd/cancelpay.fcgi"
    spawns = True
    modules = ("fcgid",)

    def handler(self):
        program = self.install("fd", "cancelpay.fcgi")
        env = "".join(f'FcgidInitialEnv {name} "{value}"\n'
                      for name, value in self.shop.program_env().items())
        return f"""
{env}
FcgidIPCDir {self.folder}
FcgidProcessTableFile {self.folder}/fcgid_shm
FcgidMaxRequestLen 1048576
FcgidMaxProcesses 4
FcgidIOTimeout 60
ScriptAlias /fd/ {program.parent}/
<Directory {program.parent}>
    SetHandler fcgid-script
    Options +ExecCGI
    Require all granted
    {self.extra}
</Directory>
"""


FRONTS = {front.name: front
          for front in (Nginx, Lighttpd, LighttpdCgi, Apache, ApacheFcgid,
                        ApacheCgi)}

# What cancelpay decides by itself: the responder and the program for each
# request will do.
both_ways = pytest.mark.parametrize(
    "front_shop", ("nginx", "cgi"), indirect=True)
