"Builds the package from `settings.ini`, the one source of its metadata."
import re
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
parser = ConfigParser(delimiters=['='])
parser.read(here/'settings.ini', encoding='utf-8')
cfg = parser['DEFAULT']

def readme():
    "README.md with addresses in place of relative links and pictures, to be read outside of the repository"
    md = (here/'README.md').read_text(encoding='utf-8')
    for start,at in (r'!\[[^]]*\]\(','raw'),(r'\]\(','blob'):
        md = re.sub(rf'({start})(?![\w+.-]+:|[#/])', rf"\1{cfg['git_url']}/{at}/{cfg['branch']}/", md)
    return md

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], keywords=cfg['keywords'].split(),
    author=cfg['author'], author_email=cfg['author_email'], license='Apache-2.0',
    url=cfg['git_url'], project_urls=dict(Documentation=cfg['doc_host']+cfg['doc_baseurl']+'/'),
    long_description=readme(), long_description_content_type='text/markdown',
    packages=find_packages(include=[cfg['lib_path'], f"{cfg['lib_path']}.*"]),
    package_dir={'':'.'}, # an editable install is a path then, which type checkers and editors follow
    package_data={'': ['py.typed', '*.pyi', '*.ini', 'moving/*.js']}, zip_safe=False,
    python_requires=f">={cfg['min_python']}", install_requires=cfg['requirements'].split(),
    extras_require=dict(dev=cfg['dev_requirements'].split()),
    entry_points=dict(console_scripts=cfg['console_scripts'].split(), nbdev=[f"{cfg['lib_path']}={cfg['lib_path']}._modidx:d"]),
    classifiers=['Development Status :: 3 - Alpha', 'Intended Audience :: Education', 'Natural Language :: English',
                 'Programming Language :: Python :: 3', *[f'Programming Language :: Python :: 3.{v}' for v in range(11, 16)],
                 'Topic :: Scientific/Engineering :: Artificial Intelligence'],
)
